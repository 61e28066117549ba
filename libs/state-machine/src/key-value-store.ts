import type { ExecutionContext } from '@ccro/consensus';
import { failure, type Application, type Operation } from './application.js';
import {
  bucketIndex,
  bucketName,
  bucketOf,
  BUCKETS,
  bucketText,
  readBucket,
  type Bucket,
  type Entry,
} from './bucket.js';
import { ChunkError } from './chunk-error.js';
import { isKey, ownField, type JsonValue } from './operation.js';

const DEFAULT_MAX_KEYS = 1_000_000;
/** Characters of keys and values in one bucket at most: it travels, and is hashed, as one text. */
const DEFAULT_MAX_BUCKET_CHARACTERS = 16 * 1024 * 1024;

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

  private buckets = emptyBuckets();
  /** Buckets written to since changes were taken. */
  private readonly dirty = new Set<number>();
  /** Characters of keys and values, by bucket. */
  private sizes: number[] = [];
  private keys = 0;

  /**
   * What goes beyond the limits is refused, the same on every replica.
   *
   * @param maxKeys keys held at most
   * @param maxBucketCharacters characters of keys and values in one bucket at most
   */
  constructor(
    private readonly maxKeys: number = DEFAULT_MAX_KEYS,
    private readonly maxBucketCharacters: number = DEFAULT_MAX_BUCKET_CHARACTERS,
  ) {}

  apply({ type, fields }: Operation, _context: ExecutionContext): string {
    const key = ownField(fields, 'key');
    if (!isKey(key)) return failure(key === undefined ? 'malformed-operation' : 'invalid-key');
    if (type === 'kv.get') return this.get(key);
    if (type === 'kv.delete') return this.delete(key);
    const value = ownField(fields, 'value');
    return value === undefined ? failure('malformed-operation') : this.put(key, value);
  }

  takeChanges(): ReadonlyMap<string, string> {
    const written = [...this.dirty].sort((left, right) => left - right);
    this.dirty.clear();
    return new Map(written.map((index) => [bucketName(index), bucketText(this.bucket(index))]));
  }

  load(chunks: ReadonlyMap<string, string>): void {
    const loaded = emptyBuckets();
    let keys = 0;
    for (const [name, text] of chunks) {
      const chunk = `${this.name}/${name}`;
      const index = bucketIndex(name);
      if (index === undefined) throw new ChunkError(chunk, 'there is no such bucket');
      const bucket = readBucket(chunk, index, text);
      keys += bucket.size;
      if (keys > this.maxKeys) {
        throw new ChunkError(chunk, `the store would hold more than ${this.maxKeys} keys`);
      }
      loaded[index] = bucket;
    }
    this.buckets = loaded;
    this.keys = keys;
    this.sizes = loaded.map(sizeOfBucket);
    this.dirty.clear();
  }

  // Stored values are JSON text already: results are put together as text around them.

  private put(key: string, value: JsonValue): string {
    const { index, bucket, entry } = this.locate(key);
    if (entry === undefined && this.keys >= this.maxKeys) return failure('store-full');
    const written = { value: JSON.stringify(value), version: (entry?.version ?? 0) + 1 };
    const { version } = written;
    const grown = this.sizes[index] ?? 0;
    const size = grown + sizeOf(key, written) - (entry === undefined ? 0 : sizeOf(key, entry));
    if (size > this.maxBucketCharacters) return failure('store-full');
    if (entry === undefined) this.keys += 1;
    bucket.set(key, written);
    this.sizes[index] = size;
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
    this.sizes[index] = (this.sizes[index] ?? 0) - sizeOf(key, entry);
    this.dirty.add(index);
    return `{"deleted":true,"version":${entry.version}}`;
  }

  private locate(key: string): {
    readonly index: number;
    readonly bucket: Bucket;
    readonly entry: Entry | undefined;
  } {
    const index = bucketOf(key);
    const bucket = this.bucket(index);
    return { index, bucket, entry: bucket.get(key) };
  }

  private bucket(index: number): Bucket {
    const bucket = this.buckets[index];
    if (bucket === undefined) throw new RangeError(`no bucket ${index}`);
    return bucket;
  }
}

function sizeOf(key: string, { value }: Entry): number {
  return key.length + value.length;
}

function sizeOfBucket(bucket: Bucket): number {
  let size = 0;
  for (const [key, entry] of bucket) size += sizeOf(key, entry);
  return size;
}

function emptyBuckets(): Bucket[] {
  return Array.from({ length: BUCKETS }, () => new Map<string, Entry>());
}
