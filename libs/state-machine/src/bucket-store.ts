/**
 * A map from keys to JSON values that hashes, cuts and restores itself: the state of the key-value
 * store, and of the state machines that users write.
 *
 * Each of its 256 buckets is a chunk. Texts depend on content alone: which keys there are, with
 * which value and version.
 *
 * Invariants kept here:
 * - agreement: what goes beyond the limits is refused, the same on every replica;
 * - what is held can be transferred: limits count the bytes of the chunks' texts, and that of one
 *   chunk is below `MAX_CHUNK_BYTES`, whatever is in it.
 */

import { ChunkError } from './application.js';
import {
  bucketIndex,
  bucketName,
  bucketOf,
  BUCKETS,
  bucketText,
  entryBytes,
  readBucket,
  type Bucket,
  type Entry,
} from './bucket.js';

export interface BucketLimits {
  /** Keys held at most. Default a million. */
  readonly maxKeys?: number;
  /** Bytes of one bucket's text at most: it travels, and is hashed, as a whole. Default 16 Mi. */
  readonly maxBucketBytes?: number;
  /** Bytes of the texts of all buckets at most: they are held in memory. Default 256 Mi. */
  readonly maxBytes?: number;
}

export const MAX_KEYS = 1_000_000;
export const MAX_BUCKET_BYTES = 16 * 1024 * 1024;
/** A state on its way here is held several times, in strings of up to two bytes a character. */
export const MAX_STORE_BYTES = 256 * 1024 * 1024;

/** What a bucket's text has besides its entries: brackets, less the comma after the last entry. */
const FRAME_BYTES = 1;

export class BucketStore {
  private buckets = emptyBuckets();
  /** Buckets written to since changes were taken. */
  private readonly dirty = new Set<number>();
  /** Bytes of entries as they stand in the text, by bucket. */
  private sizes = emptyBuckets().map(() => 0);
  /** The sum of `sizes`. */
  private bytes = 0;
  private count = 0;
  /** All keys, ascending; made when they are first asked for. */
  private sorted: string[] | undefined;
  /** The last key and where it belongs: an operation that writes a key has read it before. */
  private last: { readonly key: string; readonly index: number } | undefined;
  private readonly maxKeys: number;
  private readonly maxBucketBytes: number;
  private readonly maxBytes: number;

  constructor({ maxKeys, maxBucketBytes, maxBytes }: BucketLimits = {}) {
    this.maxKeys = maxKeys ?? MAX_KEYS;
    this.maxBucketBytes = maxBucketBytes ?? MAX_BUCKET_BYTES;
    this.maxBytes = maxBytes ?? MAX_STORE_BYTES;
  }

  get(key: string): Entry | undefined {
    return this.bucket(this.indexOf(key)).get(key);
  }

  /** @returns whether there was room; if not, nothing changed */
  set(key: string, entry: Entry): boolean {
    const index = this.indexOf(key);
    const held = this.bucket(index).get(key);
    if (held === undefined && this.count >= this.maxKeys) return false;
    const grown = entryBytes(key, entry) - (held === undefined ? 0 : entryBytes(key, held));
    if (grown > 0 && !this.hasRoom(index, grown)) return false;
    this.replace(index, key, held, entry);
    return true;
  }

  delete(key: string): void {
    this.restore(key, undefined);
  }

  /** Puts back what was there before, or nothing; there was room for it then. */
  restore(key: string, entry: Entry | undefined): void {
    const index = this.indexOf(key);
    this.replace(index, key, this.bucket(index).get(key), entry);
  }

  /** Keys that begin with `prefix`, ascending (by UTF-16 unit: the same everywhere). */
  keysWith(prefix: string): readonly string[] {
    this.sorted ??= this.buckets.flatMap((bucket) => [...bucket.keys()]).sort();
    const found: string[] = [];
    for (let at = positionIn(this.sorted, prefix); at < this.sorted.length; at += 1) {
      const key = this.sorted[at];
      if (key === undefined || !key.startsWith(prefix)) break;
      found.push(key);
    }
    return found;
  }

  /** See `Application.takeChanges`. */
  takeChanges(): Map<string, string> {
    const written = [...this.dirty].sort((left, right) => left - right);
    this.dirty.clear();
    return new Map(written.map((index) => [bucketName(index), bucketText(this.bucket(index))]));
  }

  /**
   * See `Application.load`.
   *
   * @param application whose chunks they are, for errors
   */
  load(application: string, chunks: ReadonlyMap<string, string>): void {
    const loaded = emptyBuckets();
    let count = 0;
    for (const [name, text] of chunks) {
      const chunk = `${application}/${name}`;
      const index = bucketIndex(name);
      if (index === undefined) throw new ChunkError(chunk, 'there is no such bucket');
      const bucket = readBucket(chunk, index, text);
      count += bucket.size;
      if (count > this.maxKeys) {
        throw new ChunkError(chunk, `the store would hold more than ${this.maxKeys} keys`);
      }
      loaded[index] = bucket;
    }
    this.buckets = loaded;
    this.count = count;
    this.sizes = loaded.map(sizeOfBucket);
    this.bytes = this.sizes.reduce((sum, size) => sum + size, 0);
    this.sorted = undefined;
    this.dirty.clear();
  }

  private hasRoom(index: number, grown: number): boolean {
    const inBucket = this.sizeAt(index) + grown + FRAME_BYTES;
    return inBucket <= this.maxBucketBytes && this.bytes + grown <= this.maxBytes;
  }

  private indexOf(key: string): number {
    if (key !== this.last?.key) this.last = { key, index: bucketOf(key) };
    return this.last.index;
  }

  /** @param held what the bucket has there */
  private replace(
    index: number,
    key: string,
    held: Entry | undefined,
    entry: Entry | undefined,
  ): void {
    if (held === undefined && entry === undefined) return;
    const bucket = this.bucket(index);
    const before = held === undefined ? 0 : entryBytes(key, held);
    const after = entry === undefined ? 0 : entryBytes(key, entry);
    if (entry === undefined) bucket.delete(key);
    else bucket.set(key, entry);
    if (held === undefined) this.insert(key);
    if (entry === undefined) this.remove(key);
    this.sizes[index] = this.sizeAt(index) + after - before;
    this.bytes += after - before;
    this.dirty.add(index);
  }

  private insert(key: string): void {
    this.count += 1;
    this.sorted?.splice(positionIn(this.sorted, key), 0, key);
  }

  private remove(key: string): void {
    this.count -= 1;
    this.sorted?.splice(positionIn(this.sorted, key), 1);
  }

  private bucket(index: number): Bucket {
    const bucket = this.buckets[index];
    if (bucket === undefined) throw new RangeError(`no bucket ${index}`);
    return bucket;
  }

  private sizeAt(index: number): number {
    return this.sizes[index] ?? 0;
  }
}

/** Where `key` is, or would be, in an ascending list. */
function positionIn(sorted: readonly string[], key: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? '') < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sizeOfBucket(bucket: Bucket): number {
  let size = 0;
  for (const [key, entry] of bucket) size += entryBytes(key, entry);
  return size;
}

function emptyBuckets(): Bucket[] {
  return Array.from({ length: BUCKETS }, () => new Map<string, Entry>());
}
