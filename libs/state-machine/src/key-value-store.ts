import type { Digest, ExecutionContext } from '@ccro/consensus';
import { failure, type Application, type Operation } from './application.js';
import { BucketTree } from './bucket-tree.js';
import { isKey, ownField, type JsonValue } from './operation.js';
import { stateDigest } from './state-digest.js';

const BUCKETS = 256;
const DEFAULT_MAX_KEYS = 1_000_000;

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

interface Entry {
  /** JSON text: smaller than the object, and what is hashed. */
  readonly value: string;
  /** Writes since the key came into being. */
  readonly version: number;
}

/**
 * A replicated map from keys to JSON values, with `kv.put`, `kv.get` and `kv.delete`.
 *
 * The digest depends on content alone: which keys there are, with which value and version. The
 * order in which they were written leaves no trace, but how often a key was written does (its
 * version). A deleted key leaves nothing behind; written again it starts at version 1.
 */
export class KeyValueStore implements Application {
  readonly operationTypes = ['kv.put', 'kv.get', 'kv.delete'];

  private readonly buckets: readonly Map<string, Entry>[];
  private readonly dirty = new Set<number>();
  private readonly tree = new BucketTree(BUCKETS, bucketDigest(new Map()));
  private keys = 0;

  /** @param maxKeys keys held at most; further ones are refused, the same on every replica */
  constructor(private readonly maxKeys: number = DEFAULT_MAX_KEYS) {
    this.buckets = Array.from({ length: BUCKETS }, () => new Map<string, Entry>());
  }

  apply({ type, fields }: Operation, _context: ExecutionContext): string {
    const key = ownField(fields, 'key');
    if (!isKey(key)) return failure(key === undefined ? 'malformed-operation' : 'invalid-key');
    if (type === 'kv.get') return this.get(key);
    if (type === 'kv.delete') return this.delete(key);
    const value = ownField(fields, 'value');
    return value === undefined ? failure('malformed-operation') : this.put(key, value);
  }

  digest(): Digest {
    const changed = new Map<number, Digest>();
    for (const index of this.dirty) changed.set(index, bucketDigest(this.bucket(index)));
    this.dirty.clear();
    this.tree.update(changed);
    return this.tree.root;
  }

  // Stored values are JSON text already: results are put together as text around them.

  private put(key: string, value: JsonValue): string {
    const { index, bucket, entry } = this.locate(key);
    if (entry === undefined && this.keys >= this.maxKeys) return failure('store-full');
    const version = (entry?.version ?? 0) + 1;
    if (entry === undefined) this.keys += 1;
    bucket.set(key, { value: JSON.stringify(value), version });
    this.dirty.add(index);
    const previous =
      entry === undefined ? 'null' : `{"value":${entry.value},"version":${entry.version}}`;
    return `{"previous":${previous},"version":${version}}`;
  }

  private get(key: string): string {
    const { entry } = this.locate(key);
    if (entry === undefined) return '{"found":false}';
    return `{"found":true,"value":${entry.value},"version":${entry.version}}`;
  }

  private delete(key: string): string {
    const { index, bucket, entry } = this.locate(key);
    if (entry === undefined) return '{"deleted":false}';
    bucket.delete(key);
    this.keys -= 1;
    this.dirty.add(index);
    return `{"deleted":true,"version":${entry.version}}`;
  }

  private locate(key: string): {
    readonly index: number;
    readonly bucket: Map<string, Entry>;
    readonly entry: Entry | undefined;
  } {
    // As JSON: a key made of half a surrogate pair must not hash like another one's.
    const index = Number.parseInt(stateDigest('bucket-of', JSON.stringify(key)).slice(0, 2), 16);
    const bucket = this.bucket(index);
    return { index, bucket, entry: bucket.get(key) };
  }

  private bucket(index: number): Map<string, Entry> {
    const bucket = this.buckets[index];
    if (bucket === undefined) throw new RangeError(`no bucket ${index}`);
    return bucket;
  }
}

/** Over the entries in order of their keys (by UTF-16 unit: the same everywhere). */
function bucketDigest(bucket: ReadonlyMap<string, Entry>): Digest {
  const parts: string[] = [];
  for (const [key, { value, version }] of [...bucket].sort(byKey)) {
    parts.push(JSON.stringify(key), value, String(version));
  }
  return stateDigest('bucket', ...parts);
}

function byKey([left]: readonly [string, Entry], [right]: readonly [string, Entry]): number {
  return left < right ? -1 : 1;
}
