import type { ExecutionContext } from '@ccro/consensus';
import { failure, type Application, type Operation } from './application.js';
import { BucketStore, type BucketLimits } from './bucket-store.js';
import { isKey, ownField, type JsonValue, type OperationErrorCode } from './operation.js';

/** Result of `kv.put`. */
export interface PutResult {
  /** What the key held before, or null when it was not there. */
  readonly previous: { readonly value: JsonValue; readonly version: number } | null;
  /** Writes to the key since it came into being, this one included. */
  readonly version: number;
}

/** Result of `kv.get`. */
export type GetResult =
  | { readonly found: true; readonly value: JsonValue; readonly version: number }
  | { readonly found: false };

/** Result of `kv.delete`: the version that was removed. */
export type DeleteResult =
  { readonly deleted: true; readonly version: number } | { readonly deleted: false };

/**
 * A replicated map from keys to JSON values, with `kv.put`, `kv.get` and `kv.delete`.
 *
 * Each of its 256 buckets is a chunk. Texts depend on content alone: which keys there are, with
 * which value and version. The order in which they were written leaves no trace, but how often a
 * key was written does (its version). A deleted key leaves nothing behind; written again it starts
 * at version 1.
 */
export class KeyValueStore implements Application {
  readonly name = 'kv';
  readonly operationTypes = ['kv.put', 'kv.get', 'kv.delete'];

  private readonly store: BucketStore;

  /** What goes beyond the limits is refused, the same on every replica. */
  constructor(limits: BucketLimits = {}) {
    this.store = new BucketStore(limits);
  }

  fault({ type, fields }: Pick<Operation, 'type' | 'fields'>): OperationErrorCode | undefined {
    const key = ownField(fields, 'key');
    if (!isKey(key)) return key === undefined ? 'malformed-operation' : 'invalid-key';
    const lacksValue = type === 'kv.put' && ownField(fields, 'value') === undefined;
    return lacksValue ? 'malformed-operation' : undefined;
  }

  apply({ type, fields }: Operation, _context: ExecutionContext): string {
    const fault = this.fault({ type, fields });
    const key = ownField(fields, 'key');
    if (fault !== undefined || !isKey(key)) return failure(fault ?? 'invalid-key');
    if (type === 'kv.get') return this.get(key);
    if (type === 'kv.delete') return this.delete(key);
    return this.put(key, ownField(fields, 'value') ?? null);
  }

  takeChanges(): ReadonlyMap<string, string> {
    return this.store.takeChanges();
  }

  load(chunks: ReadonlyMap<string, string>): void {
    this.store.load(this.name, chunks);
  }

  // Stored values are JSON text already: results are put together as text around them.

  private put(key: string, value: JsonValue): string {
    const entry = this.store.get(key);
    const version = (entry?.version ?? 0) + 1;
    if (!this.store.set(key, { value: JSON.stringify(value), version }))
      return failure('store-full');
    const previous =
      entry === undefined ? 'null' : `{"value":${entry.value},"version":${entry.version}}`;
    return `{"previous":${previous},"version":${version}}`;
  }

  private get(key: string): string {
    const entry = this.store.get(key);
    if (entry === undefined) return '{"found":false}';
    return `{"found":true,"value":${entry.value},"version":${entry.version}}`;
  }

  private delete(key: string): string {
    const entry = this.store.get(key);
    if (entry === undefined) return '{"deleted":false}';
    this.store.delete(key);
    return `{"deleted":true,"version":${entry.version}}`;
  }
}
