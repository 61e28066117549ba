/**
 * Reads a database and holds it against what the newest batch says of it.
 *
 * Invariant kept here (nothing is restored from damage): every entry fits its checksum, and their
 * number and the sum of their checksums are those of the newest batch. So nothing is missing, and
 * nothing has come back that was replaced or deleted. LevelDB itself looks at no checksum when it
 * reads its tables, and starts without whatever it cannot read of its log.
 *
 * Invariant kept here (bounded memory): results are not read, but those of one slot at a time where
 * an earlier version stored them with the decision.
 */

import type { Digests, SequenceNumber } from '@ccro/consensus';
import { Damage } from './store-error.js';
import { DECISIONS, entryOf, keyOf, RESULTS, type Entry } from './entries.js';
import { readChecked } from './checked-value.js';
import { unpackValue } from './packed-value.js';
import { newestBatch, STORE_KEYS, type BatchValue, type Level } from './level-files.js';

/** Hashes a chunk's text. */
export type ChunkDigests = Pick<Digests, 'chunk'>;

export interface LevelContent {
  readonly batch: BatchValue;
  /** What a restarting replica needs: all but the decisions that the state includes. */
  readonly entries: readonly Entry[];
  /** Checksums of these entries by key. */
  readonly checksums: ReadonlyMap<string, number>;
}

/**
 * @param confirmed number of the newest batch that others rely on
 * @throws Damage
 */
export async function readContent(
  db: Level,
  confirmed: number,
  digests: ChunkDigests,
): Promise<LevelContent> {
  const batch = await newestBatch(db);
  if (batch.number < confirmed) {
    throw new Damage(
      `${confirmed} batches were confirmed and only ${batch.number} are there (its log is cut ` +
        'short, or DURABILITY=async and the machine crashed)',
    );
  }
  const reading = new Reading(db, digests);
  await reading.range({ lt: DECISIONS.first });
  await reading.range({ gte: DECISIONS.end, lt: RESULTS.first });
  await reading.range({ gte: RESULTS.end });
  const first = keyOf({ kind: 'decision', sequence: reading.base + 1 });
  await reading.range({ gte: first, lt: DECISIONS.end });
  const { entries, checksums } = reading;
  const sum = [...checksums.values()].reduce((total, checksum) => total + checksum, 0);
  if (entries.length !== batch.entries || sum !== batch.checksums) {
    throw new Damage(
      `${batch.entries} entries were stored and ${entries.length} are there, or others than those`,
    );
  }
  return { batch, entries, checksums };
}

type Range = Readonly<Partial<Record<'gte' | 'lt', string>>>;

class Reading {
  readonly entries: Entry[] = [];
  readonly checksums = new Map<string, number>();
  /** Sequence number of the state. */
  base: SequenceNumber = 0;

  constructor(
    private readonly db: Level,
    private readonly digests: ChunkDigests,
  ) {}

  async range(range: Range): Promise<void> {
    for await (const [key, text] of this.db.iterator(range)) this.add(key, text);
  }

  private add(key: string, text: string): void {
    const { value, checksum } = readChecked(key, text);
    if (STORE_KEYS.has(key)) return;
    const entry = entryOf(key, unpackValue(value));
    if (entry === undefined) throw new Damage(`there is an entry ${JSON.stringify(key)}`);
    if (entry.kind === 'state') this.base = entry.value.sequence;
    if (entry.kind === 'chunk') this.checkChunk(entry);
    this.entries.push(entry.kind === 'decision' ? withoutResults(entry) : entry);
    this.checksums.set(key, checksum);
  }

  private checkChunk({ name, value }: Extract<Entry, { kind: 'chunk' }>): void {
    if (this.digests.chunk(name, value.text) === value.digest) return;
    throw new Damage(`the text of chunk ${JSON.stringify(name)} has not its digest`);
  }
}

/** An earlier version stored results with the decision. They are not kept while others are read. */
function withoutResults(entry: Extract<Entry, { kind: 'decision' }>): Entry {
  const { results: _results, ...value } = entry.value;
  return { ...entry, value };
}
