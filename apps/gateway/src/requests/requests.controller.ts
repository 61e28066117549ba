import { Body, Controller, Get, Headers, HttpCode, Param, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiProblems } from '../openapi/api-problems.decorator.js';
import { submitBatchSchema, type SubmitBatchDto } from './dto/submit-batch.dto.js';
import { submitRequestSchema, type SubmitRequestDto } from './dto/submit-request.dto.js';
import { IdempotencyKey } from './idempotency-key.decorator.js';
import { idempotencyOf } from './idempotency.js';
import { operationOf } from './operations.js';
import type { RequestAnswer } from './request-record.js';
import { RequestsService } from './requests.service.js';

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  required: false,
  description: 'The same key is the same request: one execution, for ever the same answer.',
} as const;

const PREFER = {
  name: 'Prefer',
  required: false,
  description: '`respond-async` answers 202 at once.',
} as const;

/** What can go wrong with handing something in, one request or several. */
const SUBMISSION_PROBLEMS = [
  'malformed-request',
  'invalid-request',
  'timestamp-conflict',
  'payload-too-large',
  'unsupported-media-type',
  'idempotency-key-reused',
  'overloaded',
  'broker-unreachable',
  'shutting-down',
  'decision-timeout',
] as const;

@ApiTags('requests')
@Controller()
export class RequestsController {
  constructor(private readonly requests: RequestsService) {}

  @Post(['requests', 'preprepare'])
  @HttpCode(200)
  @ApiOperation({ summary: 'Has the cluster decide on one request' })
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiHeader(PREFER)
  @ApiOkResponse({ description: 'Decided' })
  @ApiResponse({ status: 202, description: 'Accepted; see Location' })
  @ApiProblems(...SUBMISSION_PROBLEMS)
  async submit(
    @Body({ schema: submitRequestSchema }) body: SubmitRequestDto,
    @IdempotencyKey() key: string | undefined,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RequestAnswer> {
    const operation = operationOf(body);
    const idempotency = idempotencyOf(key, [operation]);
    if (!prefersAsync(prefer)) return this.requests.execute(operation, idempotency);
    const [id = ''] = this.requests.accept([operation], idempotency).map((request) => request.id);
    void reply
      .status(202)
      .headers({ location: `/requests/${id}`, 'preference-applied': 'respond-async' });
    return this.requests.find(id);
  }

  @Post('requests/batch')
  @HttpCode(200)
  @ApiOperation({ summary: 'Has the cluster decide on several requests; answers in order' })
  @ApiHeader(IDEMPOTENCY_KEY)
  @ApiHeader(PREFER)
  @ApiOkResponse({ description: 'All decided' })
  @ApiResponse({ status: 202, description: 'All accepted' })
  @ApiProblems(...SUBMISSION_PROBLEMS)
  async submitBatch(
    @Body({ schema: submitBatchSchema }) body: SubmitBatchDto,
    @IdempotencyKey() key: string | undefined,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ readonly results: readonly RequestAnswer[] }> {
    const operations = body.requests.map(operationOf);
    const accepted = this.requests.accept(operations, idempotencyOf(key, operations));
    if (!prefersAsync(prefer)) return { results: await this.requests.decided(accepted) };
    void reply.status(202).header('preference-applied', 'respond-async');
    return { results: accepted.map(({ id }) => this.requests.find(id)) };
  }

  @Get('requests/:id')
  @ApiOperation({ summary: 'Where a request is: pending, decided or failed' })
  @ApiOkResponse()
  @ApiProblems('not-found')
  find(@Param('id') id: string): RequestAnswer {
    return this.requests.find(id);
  }
}

/** Whether the caller would rather not wait (RFC 7240). */
function prefersAsync(prefer: string | undefined): boolean {
  return (prefer ?? '').split(/[,;]/).some((each) => each.trim().toLowerCase() === 'respond-async');
}
