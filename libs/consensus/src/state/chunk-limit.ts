/**
 * How large a chunk of the state may be: one rule for making chunks and for taking them over.
 *
 * Invariant kept here: what a replica can come to hold can be transferred. The state machine, the
 * client table and the list of chunks stay within this limit by their own, smaller ones
 * (`BucketStore` in libs/state-machine, `client-table.ts`), all of which count what the chunk's
 * text takes; a transfer takes everything up to it.
 */

import { invariant } from '../model/invariants.js';
import { utf8Bytes } from '../model/text-size.js';

/** Bytes (UTF-8) of the text of one chunk, at most. */
export const MAX_CHUNK_BYTES = 64 * 1024 * 1024;

/** UTF-8 makes no more of one character (UTF-16 code unit). */
const BYTES_PER_CHARACTER = 3;

/** @throws InvariantViolation: the state machine broke its contract, and its state could not be transferred */
export function requireTransferable(name: string, text: string): void {
  // Far below the limit there is nothing to count.
  if (text.length * BYTES_PER_CHARACTER <= MAX_CHUNK_BYTES) return;
  invariant(
    utf8Bytes(text) <= MAX_CHUNK_BYTES,
    'transferable',
    () => `chunk ${name} has more than ${MAX_CHUNK_BYTES} bytes`,
  );
}
