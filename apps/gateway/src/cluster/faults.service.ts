import { Inject, Injectable } from '@nestjs/common';
import type { ReplicaId } from '@ccro/consensus';
import { FAULT_KINDS, type FaultKind } from '@ccro/faults';
import { z } from 'zod';
import { ProblemException } from '@ccro/http';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { ClusterService } from './cluster.service.js';

/** A node's fault after it was set; null when it behaves. */
export interface NodeFault {
  readonly id: ReplicaId;
  readonly fault: string | null;
}

const answerSchema = z.union([
  z.object({ fault: z.enum(FAULT_KINDS).nullable() }),
  z.object({ error: z.string().max(500) }),
]);

/** Makes nodes misbehave on purpose, where that is allowed. */
@Injectable()
export class FaultsService {
  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly cluster: ClusterService,
  ) {}

  /**
   * @param fault null: behave honestly again
   * @throws ProblemException `fault-injection-disabled` when the gateway or the node does not
   *   allow it, `node-unreachable`
   */
  async set(id: ReplicaId, fault: FaultKind | null): Promise<NodeFault> {
    if (!this.settings.faultInjection) {
      throw new ProblemException(
        'fault-injection-disabled',
        'Start the gateway and the nodes with FAULT_INJECTION=on to allow this.',
      );
    }
    const asked = this.cluster.ask(id, { type: 'set-fault', fault });
    const answer = answerSchema.safeParse(await asked);
    this.cluster.forget();
    if (!answer.success) {
      throw new ProblemException('node-unreachable', `Node ${id} gave no proper answer.`);
    }
    if ('error' in answer.data) {
      throw new ProblemException('fault-injection-disabled', `Node ${id}: ${answer.data.error}.`);
    }
    return { id, fault: answer.data.fault };
  }
}
