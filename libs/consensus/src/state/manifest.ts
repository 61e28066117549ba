/** The list of a state's chunks, as it travels before the chunks themselves. */

import { isDigest } from '../messages/ids.js';
import type { Chunk, Snapshot } from '../model/durable.js';

export type ChunkName = Pick<Chunk, 'name' | 'digest'>;

export interface Manifest extends Pick<Snapshot, 'ledgerHead'> {
  /** Ascending by name. */
  readonly chunks: readonly ChunkName[];
}

/** Characters of one part of a chunk at most; the wire's limit holds whatever is escaped. */
const PART_CHARACTERS = 128 * 1024;

/** @returns JSON text, see `parseManifest` */
export function manifestText({ ledgerHead, chunks }: Manifest): string {
  return JSON.stringify({ ledgerHead, chunks: chunks.map(({ name, digest }) => [name, digest]) });
}

/** @returns undefined for what `manifestText` does not make */
export function parseManifest(text: string): Manifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { ledgerHead, chunks } = (value ?? {}) as { ledgerHead?: unknown; chunks?: unknown };
  if (!isDigest(ledgerHead) || !Array.isArray(chunks)) return undefined;
  const names: ChunkName[] = [];
  for (const entry of chunks as unknown[]) {
    if (!Array.isArray(entry)) return undefined;
    const [name, digest] = entry as unknown[];
    if (typeof name !== 'string' || !isDigest(digest)) return undefined;
    // None has the empty name either.
    if (name <= (names.at(-1)?.name ?? '')) return undefined;
    names.push({ name, digest });
  }
  return { ledgerHead, chunks: names };
}

/** Whether `text` is as long as every part but the last one is. */
export function isFullPart(text: string): boolean {
  return text.length === PART_CHARACTERS || text.length === PART_CHARACTERS - 1;
}

/** Cuts a chunk's text into the parts it travels in, never through a surrogate pair. */
export function partsOf(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  do {
    let end = Math.min(start + PART_CHARACTERS, text.length);
    const last = text.charCodeAt(end - 1);
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
    parts.push(text.slice(start, end));
    start = end;
  } while (start < text.length);
  return parts;
}
