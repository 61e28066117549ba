import { Inject, Injectable, type PipeTransform } from '@nestjs/common';
import type { ReplicaId } from '@ccro/consensus';
import { ProblemException } from '@ccro/http';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';

/** The `:id` of a node. @throws ProblemException `not-found` unless the cluster has that member */
@Injectable()
export class MemberIdPipe implements PipeTransform<string, ReplicaId> {
  constructor(@Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings) {}

  transform(text: string): ReplicaId {
    const { length: n } = this.settings.config.members;
    if (/^(0|[1-9]\d{0,3})$/.test(text) && Number(text) < n) return Number(text);
    throw new ProblemException('not-found', `There is no node ${text}: ids are 0 to ${n - 1}.`);
  }
}
