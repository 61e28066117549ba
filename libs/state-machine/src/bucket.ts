/**
 * A bucket of the key-value store and its text.
 *
 * Invariant kept here (one state): a bucket has exactly one text and a text belongs to exactly one
 * bucket, whatever happened to the keys before.
 */

import { utf8Bytes } from '@ccro/consensus';
import { ChunkError } from './application.js';
import { isKey, MAX_OPERATION_DEPTH, nestsDeeperThan, type JsonValue } from './operation.js';
import { stateDigest } from './state-digest.js';

/** Fixed: which bucket a key is in is part of the state. */
export const BUCKETS = 256;

export interface Entry {
  /** JSON text: smaller than the object, and what results and chunks are made of. */
  readonly value: string;
  /** Writes since the key came into being, at least 1. */
  readonly version: number;
}

export type Bucket = Map<string, Entry>;

/**
 * In a chunk a value lies in its entry, which lies in the list; in an operation it lay in one
 * object.
 */
const MAX_CHUNK_DEPTH = MAX_OPERATION_DEPTH + 1;

/** @returns 0 to 255 */
export function bucketOf(key: string): number {
  // As JSON: a key made of half a surrogate pair must not hash like another one's.
  return Number.parseInt(stateDigest('bucket-of', JSON.stringify(key)).slice(0, 2), 16);
}

/** Two hexadecimal digits. */
export function bucketName(index: number): string {
  return index.toString(16).padStart(2, '0');
}

/** @returns undefined for what `bucketName` does not make */
export function bucketIndex(name: string): number | undefined {
  return /^[0-9a-f]{2}$/.test(name) ? Number.parseInt(name, 16) : undefined;
}

/**
 * JSON text of a list of [key, value, version], ascending by key (by UTF-16 unit: the same
 * everywhere); empty for an empty bucket.
 */
export function bucketText(bucket: ReadonlyMap<string, Entry>): string {
  if (bucket.size === 0) return '';
  const entries: string[] = [];
  for (const [key, { value, version }] of [...bucket].sort(byKey)) {
    entries.push(`[${JSON.stringify(key)},${value},${version}]`);
  }
  return `[${entries.join(',')}]`;
}

/** Brackets and commas of an entry, and the comma before the next one. */
const PUNCTUATION_BYTES = 5;

/**
 * Bytes (UTF-8) that an entry adds to the text of its bucket. A text has those of its entries and
 * one more.
 */
export function entryBytes(key: string, { value, version }: Entry): number {
  const spelt = utf8Bytes(JSON.stringify(key)) + utf8Bytes(value) + String(version).length;
  return spelt + PUNCTUATION_BYTES;
}

/**
 * The bucket that has this text.
 *
 * @param chunk the chunk's name, for errors
 * @throws ChunkError when `bucketText` makes it for no bucket `index`
 */
export function readBucket(chunk: string, index: number, text: string): Bucket {
  const bucket: Bucket = new Map();
  if (text === '') return bucket;
  for (const fields of parseList(chunk, text)) {
    const [key, value, version] = Array.isArray(fields) ? (fields as unknown[]) : [];
    if (!isKey(key) || value === undefined || !isVersion(version)) {
      throw new ChunkError(chunk, 'an entry is not a key, a value and a version');
    }
    if (bucketOf(key) !== index) {
      throw new ChunkError(chunk, `the key ${JSON.stringify(key)} belongs into another one`);
    }
    bucket.set(key, { value: JSON.stringify(value as JsonValue), version });
  }
  // Settles everything else: the order of keys, each only once, the spelling of values.
  if (bucketText(bucket) !== text) {
    throw new ChunkError(chunk, 'its entries are not in order or not spelt as they should be');
  }
  return bucket;
}

function parseList(chunk: string, text: string): readonly unknown[] {
  if (nestsDeeperThan(text, MAX_CHUNK_DEPTH)) {
    throw new ChunkError(chunk, 'it nests deeper than any operation');
  }
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new ChunkError(chunk, 'it is no JSON');
  }
  if (!Array.isArray(list)) throw new ChunkError(chunk, 'it is no list of entries');
  return list as unknown[];
}

function isVersion(version: unknown): version is number {
  return typeof version === 'number' && Number.isSafeInteger(version) && version > 0;
}

/** Of a map's entries: ascending by key. */
export function byKey(
  [left]: readonly [string, unknown],
  [right]: readonly [string, unknown],
): number {
  return left < right ? -1 : 1;
}
