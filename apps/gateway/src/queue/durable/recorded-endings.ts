/** How requests ended, as it is recorded, and how much of that is written at once. */

import type { KeyRecord } from './accepted-calls.js';

/** How a request ended, to be recorded. */
export interface Ending {
  readonly id: string;
  /** Digest of the idempotency key; '' for none. */
  readonly key: string;
  /** Its packed answer. */
  readonly packed: string;
}

/** How a request ended that was recorded before, in case Redis lost it. */
export interface PastEnding extends Ending {
  /** What the key stands for, if this process knows it. */
  readonly record: KeyRecord | undefined;
  /** Milliseconds since it was recorded; undefined while other requests of its call are open. */
  readonly ageMs: number | undefined;
}

/** Characters of endings that are written to Redis at once, at most, unless a single one has more. */
export const MAX_RECORDED_CHARACTERS = 512 * 1024;
/** What an ending adds to its answer: id, digest of the key, and what goes around them. */
const CHARACTERS_PER_ENDING = 250;

export function sizeOfEnding({ packed }: Ending): number {
  return packed.length + CHARACTERS_PER_ENDING;
}

/** Endings in groups that are written at once. The record of a key counts once in each group. */
export function* groupsOf(endings: readonly PastEnding[]): Generator<readonly PastEnding[]> {
  let group: PastEnding[] = [];
  let records = new Set<KeyRecord>();
  let size = 0;
  for (const ending of endings) {
    const added = sizeOfEnding(ending) + sizeOfNew(ending.record, records);
    if (group.length > 0 && size + added > MAX_RECORDED_CHARACTERS) {
      yield group;
      [group, records, size] = [[], new Set(), 0];
    }
    size += sizeOfEnding(ending) + sizeOfNew(ending.record, records);
    if (ending.record !== undefined) records.add(ending.record);
    group.push(ending);
  }
  if (group.length > 0) yield group;
}

function sizeOfNew(record: KeyRecord | undefined, known: ReadonlySet<KeyRecord>): number {
  return record === undefined || known.has(record) ? 0 : JSON.stringify(record).length;
}
