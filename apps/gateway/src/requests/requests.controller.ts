import { Body, Controller, Get, Headers, HttpCode, Inject, Param, Post, Res } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CalledBy, type Caller } from '../auth/caller.js';
import { GATEWAY_SETTINGS, type GatewaySettings } from '../settings/gateway.options.js';
import { ApiProblems } from '../openapi/openapi.js';
import { callOf, IdempotencyKey } from './call.js';
import {
  operationOf,
  submitBatchSchema,
  submitRequestSchema,
  type SubmitBatchDto,
  type SubmitRequestDto,
} from './operations.js';
import type { RequestAnswer } from '../answers/request-record.js';
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
  'no-longer-kept',
  'payload-too-large',
  'unsupported-media-type',
  'idempotency-key-reused',
  'overloaded',
  'broker-unreachable',
  'queue-refused',
  'shutting-down',
  'decision-timeout',
] as const;

@ApiTags('requests')
@Controller()
export class RequestsController {
  constructor(
    @Inject(GATEWAY_SETTINGS) private readonly settings: GatewaySettings,
    private readonly requests: RequestsService,
  ) {}

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
    @CalledBy() caller: Caller,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RequestAnswer> {
    const call = callOf([operationOf(body, this.settings.config)], caller, key);
    if (!prefersAsync(prefer)) return this.requests.executeOne(call);
    const [request] = await this.requests.accept(call);
    if (request === undefined) throw new Error('one operation makes one request');
    void reply
      .status(202)
      .headers({ location: `/requests/${request.id}`, 'preference-applied': 'respond-async' });
    return request.answer;
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
    @CalledBy() caller: Caller,
    @Headers('prefer') prefer: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ readonly results: readonly RequestAnswer[] }> {
    const call = callOf(
      body.requests.map((each) => operationOf(each, this.settings.config)),
      caller,
      key,
    );
    if (!prefersAsync(prefer)) return { results: await this.requests.execute(call) };
    const accepted = await this.requests.accept(call);
    void reply.status(202).header('preference-applied', 'respond-async');
    return { results: accepted.map(({ answer }) => answer) };
  }

  @Get('requests/:id')
  @ApiOperation({ summary: 'Where a request of the caller is: pending, decided or failed' })
  @ApiOkResponse()
  @ApiProblems('not-found', 'broker-unreachable')
  find(@Param('id') id: string, @CalledBy() caller: Caller): Promise<RequestAnswer> {
    return this.requests.find(id, caller);
  }
}

/** Whether the caller would rather not wait (RFC 7240). */
function prefersAsync(prefer: string | undefined): boolean {
  return (prefer ?? '').split(/[,;]/).some((each) => each.trim().toLowerCase() === 'respond-async');
}
