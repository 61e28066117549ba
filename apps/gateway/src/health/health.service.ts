import { Injectable } from '@nestjs/common';
import { CcroClient } from '@ccro/client';
import { ClusterService } from '../cluster/cluster.service.js';
import { BrokerWatch } from '../connection/broker-watch.js';
import { ProblemException } from '../problem/problem.js';

export interface Readiness {
  readonly status: 'ok';
  readonly nodes: { readonly up: number; readonly required: number };
}

@Injectable()
export class HealthService {
  constructor(
    private readonly client: CcroClient,
    private readonly broker: BrokerWatch,
    private readonly cluster: ClusterService,
  ) {}

  /** @throws ProblemException `broker-unreachable` or `quorum-unreachable` */
  async readiness(): Promise<Readiness> {
    if (!this.broker.connected) {
      throw new ProblemException('broker-unreachable', 'The broker is away.');
    }
    const statuses = await this.cluster.statuses();
    const up = statuses.filter((status) => status?.up === true).length;
    const required = this.client.size.quorum;
    if (up >= required) return { status: 'ok', nodes: { up, required } };
    const detail = `${up} nodes answer; a quorum is ${required}.`;
    throw new ProblemException('quorum-unreachable', detail, {
      extensions: { nodes: { up, required } },
    });
  }
}
