import { Body, Controller, Delete, Get, Param, Put } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { JsonValue } from '@ccro/state-machine';
import { z } from 'zod';
import { RouteRule } from '../auth/access.js';
import { CalledBy, type Caller } from '../auth/caller.js';
import { ApiProblems } from '../openapi/api-problems.decorator.js';
import { IdempotencyKey } from '../requests/idempotency-key.decorator.js';
import { KvService, type DeletedValue, type StoredValue, type WrittenValue } from './kv.service.js';

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

@ApiTags('kv')
@Controller('kv/:key')
export class KvController {
  constructor(private readonly kv: KvService) {}

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
  put(
    @Param('key') key: string,
    @Body({ schema: putValueSchema }) { value }: PutValueDto,
    @CalledBy() caller: Caller,
    @IdempotencyKey() idempotencyKey?: string,
  ): Promise<WrittenValue> {
    // What came out of JSON is a JSON value.
    return this.kv.put(key, value as JsonValue, caller, idempotencyKey);
  }

  @Get()
  // It is decided like a write, and takes a place in the ledger.
  @RouteRule({ hasEffect: true })
  @ApiOperation({ summary: 'Reads a key; ordered among the writes, so never stale' })
  @ApiOkResponse()
  @ApiProblems(...KEY_PROBLEMS)
  get(@Param('key') key: string, @CalledBy() caller: Caller): Promise<StoredValue> {
    return this.kv.get(key, caller);
  }

  @Delete()
  @ApiOperation({ summary: 'Removes a key' })
  @ApiOkResponse()
  @ApiProblems(...KEY_PROBLEMS)
  delete(
    @Param('key') key: string,
    @CalledBy() caller: Caller,
    @IdempotencyKey() idempotencyKey?: string,
  ): Promise<DeletedValue> {
    return this.kv.delete(key, caller, idempotencyKey);
  }
}
