import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { deleteOperation, getOperation, putOperation, type JsonValue } from '@ccro/state-machine';
import { ProblemException } from '@ccro/http';
import { z } from 'zod';
import type { DecidedAnswer } from '../answers/request-record.js';
import { RouteRule } from '../auth/access.js';
import { CalledBy, type Caller } from '../auth/caller.js';
import { ApiProblems } from '../openapi/openapi.js';
import { callOf, IdempotencyKey } from '../requests/call.js';
import { operationFrom } from '../requests/operations.js';
import { RequestsService } from '../requests/requests.service.js';

/** Body of `PUT /kv/:key`: any JSON value, null included. */
const putValueSchema = z
  .strictObject({ value: z.unknown() })
  .refine((body) => Object.hasOwn(body, 'value'), { path: ['value'], message: 'Give a "value"' });

type PutValueDto = z.infer<typeof putValueSchema>;

/** What can go wrong with a key that should be there. */
const KEY_PROBLEMS = [
  'invalid-request',
  'not-found',
  'overloaded',
  'broker-unreachable',
  'queue-refused',
  'decision-timeout',
] as const;

/** How the cluster decided on a read or a write of a key. */
type KeyDecision = Omit<DecidedAnswer, 'result'> & { readonly key: string };

interface StoredValue extends KeyDecision {
  readonly value: JsonValue;
  /** Writes to the key since it came into being. */
  readonly version: number;
}

interface WrittenValue extends KeyDecision {
  readonly value: JsonValue;
  readonly version: number;
  /** What the key held before; null when it was not there. */
  readonly previous: { readonly value: JsonValue; readonly version: number } | null;
}

interface DeletedValue extends KeyDecision {
  readonly deleted: true;
  /** The version that was removed. */
  readonly version: number;
}

const failureSchema = z.object({ error: z.string() });

/**
 * The replicated key-value store. Reads are ordered among the writes like any other request, so
 * they agree with a quorum and are never stale.
 *
 * All methods throw ProblemException as `RequestsService.executeOne` does, and `invalid-request` for
 * what cannot be a key.
 */
@ApiTags('kv')
@Controller('kv/:key')
export class KvController {
  constructor(private readonly requests: RequestsService) {}

  @Put()
  @ApiOperation({ summary: 'Stores a value under a key' })
  @ApiOkResponse()
  @ApiProblems(
    'malformed-request',
    'invalid-request',
    'payload-too-large',
    'unsupported-media-type',
    'idempotency-key-reused',
    'overloaded',
    'broker-unreachable',
    'queue-refused',
    'decision-timeout',
  )
  async put(
    @Param('key') key: string,
    @Body({ schema: putValueSchema }) body: PutValueDto,
    @CalledBy() caller: Caller,
    @IdempotencyKey() idempotencyKey?: string,
  ): Promise<WrittenValue> {
    // What came out of JSON is a JSON value.
    const value = body.value as JsonValue;
    const build = (): string => putOperation(key, value);
    const { result, ...decision } = await this.execute(build, caller, idempotencyKey);
    const written = result as Pick<WrittenValue, 'version' | 'previous'>;
    return { key, value, ...written, ...decision };
  }

  @Get()
  // It is decided like a write, and takes a place in the ledger.
  @RouteRule({ hasEffect: true })
  @ApiOperation({ summary: 'Reads a key; ordered among the writes, so never stale' })
  @ApiOkResponse()
  @ApiProblems(...KEY_PROBLEMS)
  async get(@Param('key') key: string, @CalledBy() caller: Caller): Promise<StoredValue> {
    const { result, ...decision } = await this.execute(() => getOperation(key), caller);
    const read = result as { found: boolean; value: JsonValue; version: number };
    if (!read.found) throw notFound(key, decision);
    return { key, value: read.value, version: read.version, ...decision };
  }

  @Delete()
  @ApiOperation({ summary: 'Removes a key' })
  @ApiOkResponse()
  @ApiProblems(...KEY_PROBLEMS)
  async delete(
    @Param('key') key: string,
    @CalledBy() caller: Caller,
    @IdempotencyKey() idempotencyKey?: string,
  ): Promise<DeletedValue> {
    const build = (): string => deleteOperation(key);
    const { result, ...decision } = await this.execute(build, caller, idempotencyKey);
    const removed = result as { deleted: boolean; version: number };
    if (!removed.deleted) throw notFound(key, decision);
    return { key, deleted: true, version: removed.version, ...decision };
  }

  /** f+1 replicas agree on the result: it has the shape the store gives it, or is a refusal. */
  private async execute(
    build: () => string,
    caller: Caller,
    idempotencyKey?: string,
  ): Promise<DecidedAnswer> {
    const call = callOf([operationFrom(build)], caller, idempotencyKey);
    const decision = await this.requests.executeOne(call);
    const failure = failureSchema.safeParse(decision.result);
    if (!failure.success) return decision;
    const detail = `The store refused the operation: ${failure.data.error}.`;
    throw new ProblemException('invalid-request', detail, { extensions: { id: decision.id } });
  }
}

function notFound(key: string, { id, sequence }: Omit<DecidedAnswer, 'result'>): ProblemException {
  const detail = `There was no key ${JSON.stringify(key)} as of sequence ${sequence}.`;
  return new ProblemException('not-found', detail, { extensions: { id, sequence } });
}
