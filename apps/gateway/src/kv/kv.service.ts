import { Injectable } from '@nestjs/common';
import { deleteOperation, getOperation, putOperation, type JsonValue } from '@ccro/state-machine';
import { z } from 'zod';
import { ProblemException } from '@ccro/http';
import type { Caller } from '../auth/caller.js';
import { operationFrom } from '../requests/operations.js';
import type { DecidedAnswer } from '../answers/request-record.js';
import { RequestsService } from '../requests/requests.service.js';
import { callOf } from '../requests/call.js';

/** How the cluster decided on a read or a write of a key. */
export type KeyDecision = Omit<DecidedAnswer, 'result'> & { readonly key: string };

export interface StoredValue extends KeyDecision {
  readonly value: JsonValue;
  /** Writes to the key since it came into being. */
  readonly version: number;
}

export interface WrittenValue extends KeyDecision {
  readonly value: JsonValue;
  readonly version: number;
  /** What the key held before; null when it was not there. */
  readonly previous: { readonly value: JsonValue; readonly version: number } | null;
}

export interface DeletedValue extends KeyDecision {
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
@Injectable()
export class KvService {
  constructor(private readonly requests: RequestsService) {}

  async put(
    key: string,
    value: JsonValue,
    caller: Caller,
    idempotencyKey?: string,
  ): Promise<WrittenValue> {
    const operation = operationFrom(() => putOperation(key, value));
    const { result, ...decision } = await this.execute(operation, caller, idempotencyKey);
    const written = result as Pick<WrittenValue, 'version' | 'previous'>;
    return { key, value, ...written, ...decision };
  }

  /** @throws ProblemException `not-found` */
  async get(key: string, caller: Caller): Promise<StoredValue> {
    const { result, ...decision } = await this.execute(
      operationFrom(() => getOperation(key)),
      caller,
    );
    const read = result as { found: boolean; value: JsonValue; version: number };
    if (!read.found) throw notFound(key, decision);
    return { key, value: read.value, version: read.version, ...decision };
  }

  /** @throws ProblemException `not-found` */
  async delete(key: string, caller: Caller, idempotencyKey?: string): Promise<DeletedValue> {
    const operation = operationFrom(() => deleteOperation(key));
    const { result, ...decision } = await this.execute(operation, caller, idempotencyKey);
    const removed = result as { deleted: boolean; version: number };
    if (!removed.deleted) throw notFound(key, decision);
    return { key, deleted: true, version: removed.version, ...decision };
  }

  /** f+1 replicas agree on the result: it has the shape the store gives it, or is a refusal. */
  private async execute(
    operation: string,
    caller: Caller,
    idempotencyKey?: string,
  ): Promise<DecidedAnswer> {
    const decision = await this.requests.executeOne(callOf([operation], caller, idempotencyKey));
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
