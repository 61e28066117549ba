import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { CcroClient, differingSettingsText } from '@ccro/client';
import { ProblemException } from '@ccro/http';
import { Needs } from '../auth/access.js';
import { ClusterService } from '../cluster/cluster.service.js';
import { BrokerWatch } from '../connection/broker-watch.js';
import { ApiProblems } from '../openapi/openapi.js';
import { REQUEST_QUEUE, type RequestQueue } from '../queue/request-queue.js';

interface Readiness {
  readonly status: 'ok';
  readonly nodes: { readonly up: number; readonly required: number };
}

@ApiTags('operation')
@Controller('health')
export class HealthController {
  constructor(
    private readonly client: CcroClient,
    private readonly broker: BrokerWatch,
    private readonly cluster: ClusterService,
    @Inject(REQUEST_QUEUE) private readonly queue: RequestQueue,
  ) {}

  @Get('live')
  @Needs('open')
  @ApiOperation({ summary: 'Whether the gateway runs' })
  @ApiOkResponse()
  live(): { readonly status: 'ok' } {
    return { status: 'ok' };
  }

  @Get('ready')
  @Needs('open')
  @ApiOperation({ summary: 'Whether requests can be decided now' })
  @ApiOkResponse()
  @ApiProblems('broker-unreachable', 'queue-refused', 'settings-differ', 'quorum-unreachable')
  async ready(): Promise<Readiness> {
    const { connected, trouble } = this.broker;
    if (!connected || trouble !== undefined) {
      throw new ProblemException('broker-unreachable', trouble ?? 'The broker is away.');
    }
    const refusal = this.queue.trouble();
    if (refusal !== undefined) throw new ProblemException('queue-refused', refusal);
    const statuses = await this.cluster.statuses();
    const settings = this.client.settings.differing;
    if (settings.length > 0) {
      const detail = capitalised(differingSettingsText(settings));
      throw new ProblemException('settings-differ', detail, { extensions: { settings } });
    }
    const up = statuses.filter((status) => status?.up === true).length;
    const required = this.client.size.quorum;
    const nodes = { up, required };
    if (up >= required) return { status: 'ok', nodes };
    const detail = `${up} nodes answer; a quorum is ${required}.`;
    throw new ProblemException('quorum-unreachable', detail, { extensions: { nodes } });
  }
}

function capitalised(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
