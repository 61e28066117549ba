import { Inject, Injectable } from '@nestjs/common';
import { CcroClient, differingSettingsText } from '@ccro/client';
import { ProblemException } from '@ccro/http';
import { ClusterService } from '../cluster/cluster.service.js';
import { BrokerWatch } from '../connection/broker-watch.js';
import { REQUEST_QUEUE, type RequestQueue } from '../queue/request-queue.js';

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
    @Inject(REQUEST_QUEUE) private readonly queue: RequestQueue,
  ) {}

  /** @throws ProblemException `broker-unreachable`, `queue-refused`, `settings-differ`, `quorum-unreachable` */
  async readiness(): Promise<Readiness> {
    const { connected, trouble } = this.broker;
    if (!connected || trouble !== undefined) {
      throw new ProblemException('broker-unreachable', trouble ?? 'The broker is away.');
    }
    const refusal = this.queue.trouble();
    if (refusal !== undefined) throw new ProblemException('queue-refused', refusal);
    const statuses = await this.cluster.statuses();
    const differing = this.client.settings.differing;
    if (differing.length > 0) {
      const detail = capitalised(differingSettingsText(differing));
      throw new ProblemException('settings-differ', detail, {
        extensions: { settings: differing },
      });
    }
    const up = statuses.filter((status) => status?.up === true).length;
    const required = this.client.size.quorum;
    if (up >= required) return { status: 'ok', nodes: { up, required } };
    const detail = `${up} nodes answer; a quorum is ${required}.`;
    throw new ProblemException('quorum-unreachable', detail, {
      extensions: { nodes: { up, required } },
    });
  }
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
