import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Inject,
  Param,
  Post,
  Query,
  Res,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  cellsCsv,
  chartOf,
  planOf,
  planRequestSchema,
  timesCsv,
  type PlanRequest,
} from '@ccro/experiment';
import { ProblemException } from '@ccro/http';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Needs } from '../auth/access.js';
import { CalledBy, type Caller } from '../auth/caller.js';
import { ApiProblems } from '../openapi/openapi.js';
import { queueProblem } from '../requests/queue-problem.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import type { Experiment, ExperimentSummary } from './experiment.js';
import { EXPERIMENT_QUEUE, type ExperimentQueue } from './queue/experiment-queue.js';
import { requireExperiments } from './switch.js';

const layoutSchema = z.strictObject({ layout: z.enum(['cells', 'times']).default('cells') });
type Layout = z.infer<typeof layoutSchema>;

const QUEUE_PROBLEMS = ['broker-unreachable', 'queue-refused', 'shutting-down'] as const;
const CSV_TYPE = 'text/csv; charset=utf-8';
const SVG_TYPE = 'image/svg+xml; charset=utf-8';

@ApiTags('experiments')
@Controller('experiments')
export class ExperimentsController implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(
    @Inject(EXPERIMENT_QUEUE) private readonly queue: ExperimentQueue,
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    // What is left from before waits until they are allowed again.
    if (this.settings.experiments) await this.queue.open();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.queue.close();
  }

  @Post()
  @Needs('admin')
  @HttpCode(202)
  @ApiOperation({ summary: 'Measures clusters over mode × nodes × fault × payload' })
  @ApiResponse({ status: 202, description: 'Queued; see Location' })
  @ApiProblems(
    'malformed-request',
    'experiments-disabled',
    'invalid-request',
    'unsupported-media-type',
    'overloaded',
    ...QUEUE_PROBLEMS,
  )
  async create(
    @Body({ schema: planRequestSchema }) request: PlanRequest,
    @CalledBy() { owner }: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Experiment> {
    const experiment = await this.asked((queue) => queue.add(planOf(request), owner));
    void reply.header('location', `/experiments/${experiment.id}`);
    return experiment;
  }

  @Get()
  @ApiOperation({ summary: 'The experiments that are kept, the newest first' })
  @ApiOkResponse()
  @ApiProblems(...QUEUE_PROBLEMS)
  async list(): Promise<{ readonly experiments: readonly ExperimentSummary[] }> {
    return { experiments: await this.asked((queue) => queue.list()) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'State, progress and the rows measured so far' })
  @ApiOkResponse()
  @ApiProblems('not-found', ...QUEUE_PROBLEMS)
  async find(@Param('id') id: string): Promise<Experiment> {
    return found(id, await this.asked((queue) => queue.find(id)));
  }

  @Delete(':id')
  @Needs('admin')
  @ApiOperation({ summary: 'Cancels it; its rows stay. What has ended stays as it is' })
  @ApiOkResponse({ description: 'The experiment, which has ended' })
  @ApiProblems('not-found', ...QUEUE_PROBLEMS)
  async cancel(@Param('id') id: string): Promise<Experiment> {
    return found(id, await this.asked((queue) => queue.cancel(id)));
  }

  @Get(':id/results.csv')
  @Header('content-type', CSV_TYPE)
  @ApiOperation({ summary: 'A line a cell; or the times as the seed has them in its tables' })
  @ApiQuery({ name: 'layout', enum: ['cells', 'times'], required: false })
  @ApiOkResponse({ content: { 'text/csv': {} } })
  @ApiProblems('invalid-request', 'not-found', ...QUEUE_PROBLEMS)
  async csv(
    @Param('id') id: string,
    @Query({ schema: layoutSchema }) { layout }: Layout,
  ): Promise<string> {
    const { plan, rows } = await this.find(id);
    return layout === 'times' ? timesCsv(plan, rows) : cellsCsv(rows);
  }

  @Get(':id/results.json')
  @ApiOperation({ summary: 'Plan and rows' })
  @ApiOkResponse()
  @ApiProblems('not-found', ...QUEUE_PROBLEMS)
  async json(@Param('id') id: string): Promise<Pick<Experiment, 'plan' | 'rows'>> {
    const { plan, rows } = await this.find(id);
    return { plan, rows };
  }

  @Get(':id/time.svg')
  @Header('content-type', SVG_TYPE)
  @ApiOperation({ summary: 'Time of a decision against the number of nodes' })
  @ApiOkResponse({ content: { 'image/svg+xml': {} } })
  @ApiProblems('not-found', ...QUEUE_PROBLEMS)
  async timeChart(@Param('id') id: string): Promise<string> {
    return chartOf('time.svg', (await this.find(id)).rows);
  }

  @Get(':id/messages.svg')
  @Header('content-type', SVG_TYPE)
  @ApiOperation({ summary: 'Deliveries for a decision against the number of nodes' })
  @ApiOkResponse({ content: { 'image/svg+xml': {} } })
  @ApiProblems('not-found', ...QUEUE_PROBLEMS)
  async messagesChart(@Param('id') id: string): Promise<string> {
    return chartOf('messages.svg', (await this.find(id)).rows);
  }

  /** @throws ProblemException */
  private async asked<T>(ask: (queue: ExperimentQueue) => Promise<T>): Promise<T> {
    requireExperiments(this.settings);
    try {
      return await ask(this.queue);
    } catch (error) {
      throw queueProblem(error);
    }
  }
}

function found(id: string, experiment: Experiment | undefined): Experiment {
  if (experiment !== undefined) return experiment;
  throw new ProblemException(
    'not-found',
    `There is no experiment ${id}: GET /experiments lists those that are kept.`,
  );
}
