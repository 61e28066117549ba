import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { BROKER_TRANSPORT, BrokerContext } from '@ccro/transport';
import { ReplicaService } from './replica.service.js';

/** Kinds of messages a node listens for; `*` is everything else, to be counted and dropped. */
const KINDS = [
  'request',
  'requests',
  'pre-prepare',
  'vote',
  'certificate',
  'decision',
  'view-change',
  'new-view',
  'suspicion',
  'status',
  'fetch',
  'fetch-chunk',
  'chunk-part',
  'query',
  '*',
];

/** The node's side of the broker's channels. */
@Controller()
export class ProtocolController {
  constructor(private readonly replica: ReplicaService) {}

  @EventPattern<string[]>(KINDS, BROKER_TRANSPORT)
  receive(@Payload() payload: Uint8Array, @Ctx() context: BrokerContext): void {
    this.replica.receive(payload, context.getChannel());
  }
}
