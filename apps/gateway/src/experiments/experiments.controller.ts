import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  Param,
  Post,
  Query,
  Res,
} from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { cellsCsv, chartOf, planRequestSchema, timesCsv, type PlanRequest } from '@ccro/experiment';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Needs } from '../auth/access.js';
import { CalledBy, type Caller } from '../auth/caller.js';
import { ApiProblems } from '../openapi/api-problems.decorator.js';
import type { Experiment, ExperimentSummary } from './experiment.js';
import { ExperimentsService } from './experiments.service.js';

const layoutSchema = z.strictObject({ layout: z.enum(['cells', 'times']).default('cells') });
type Layout = z.infer<typeof layoutSchema>;

const QUEUE_PROBLEMS = ['broker-unreachable', 'queue-refused', 'shutting-down'] as const;
const CSV_TYPE = 'text/csv; charset=utf-8';
const SVG_TYPE = 'image/svg+xml; charset=utf-8';

@ApiTags('experiments')
@Controller('experiments')
export class ExperimentsController {
  constructor(private readonly experiments: ExperimentsService) {}

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
    @CalledBy() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Experiment> {
    const experiment = await this.experiments.create(request, caller);
    void reply.header('location', `/experiments/${experiment.id}`);
    return experiment;
  }

  @Get()
  @ApiOperation({ summary: 'The experiments that are kept, the newest first' })
  @ApiOkResponse()
  @ApiProblems(...QUEUE_PROBLEMS)
  async list(): Promise<{ readonly experiments: readonly ExperimentSummary[] }> {
    return { experiments: await this.experiments.list() };
  }

  @Get(':id')
  @ApiOperation({ summary: 'State, progress and the rows measured so far' })
  @ApiOkResponse()
  @ApiProblems('not-found', ...QUEUE_PROBLEMS)
  find(@Param('id') id: string): Promise<Experiment> {
    return this.experiments.find(id);
  }

  @Delete(':id')
  @Needs('admin')
  @ApiOperation({ summary: 'Cancels it; its rows stay. What has ended stays as it is' })
  @ApiOkResponse({ description: 'The experiment, which has ended' })
  @ApiProblems('not-found', ...QUEUE_PROBLEMS)
  cancel(@Param('id') id: string): Promise<Experiment> {
    return this.experiments.cancel(id);
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
    const { plan, rows } = await this.experiments.find(id);
    return layout === 'times' ? timesCsv(plan, rows) : cellsCsv(rows);
  }

  @Get(':id/results.json')
  @ApiOperation({ summary: 'Plan and rows' })
  @ApiOkResponse()
  @ApiProblems('not-found', ...QUEUE_PROBLEMS)
  async json(@Param('id') id: string): Promise<Pick<Experiment, 'plan' | 'rows'>> {
    const { plan, rows } = await this.experiments.find(id);
    return { plan, rows };
  }

  @Get(':id/time.svg')
  @Header('content-type', SVG_TYPE)
  @ApiOperation({ summary: 'Time of a decision against the number of nodes' })
  @ApiOkResponse({ content: { 'image/svg+xml': {} } })
  @ApiProblems('not-found', ...QUEUE_PROBLEMS)
  async timeChart(@Param('id') id: string): Promise<string> {
    return chartOf('time.svg', (await this.experiments.find(id)).rows);
  }

  @Get(':id/messages.svg')
  @Header('content-type', SVG_TYPE)
  @ApiOperation({ summary: 'Deliveries for a decision against the number of nodes' })
  @ApiOkResponse({ content: { 'image/svg+xml': {} } })
  @ApiProblems('not-found', ...QUEUE_PROBLEMS)
  async messagesChart(@Param('id') id: string): Promise<string> {
    return chartOf('messages.svg', (await this.experiments.find(id)).rows);
  }
}
