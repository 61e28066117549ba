import type {
  ClientId,
  RequestResult,
  Restored,
  SequenceNumber,
  StoredDecision,
  StoreRecord,
  Timestamp,
} from '@ccro/consensus';
import {
  entryOf,
  keyOf,
  pageKey,
  type ChunkValue,
  type DecisionValue,
  type Entry,
} from './entries.js';
import type { HeldSnapshot } from './replica-store.js';
import { restoredFrom } from './restored-from.js';
import { findResult, storedDecision, type StoredResult } from './result-pages.js';
import { Retention, type Change } from './retention.js';

/** A store's whole content, in memory. */
export class StoreImage {
  private readonly retention = new Retention();
  private readonly entries = new Map<string, unknown>();

  /** @returns what became of the entries, in order */
  apply(records: readonly StoreRecord[]): readonly Change[] {
    const changes = this.retention.apply(records);
    for (const change of changes) {
      if (change.kind === 'put' || change.kind === 'put-page')
        this.entries.set(change.key, change.value);
      if (change.kind === 'delete') this.entries.delete(change.key);
    }
    return changes;
  }

  /** What a replica is told when it starts again with this; undefined while nothing was kept. */
  restored(): Restored | undefined {
    const entries: Entry[] = [];
    for (const [key, value] of this.entries) {
      const entry = entryOf(key, value);
      if (entry !== undefined) entries.push(entry);
    }
    return restoredFrom(entries);
  }

  /** Decisions first..last, ascending, up to the first that is not there. */
  decisions(
    first: SequenceNumber,
    last: SequenceNumber,
    maxCharacters = Infinity,
  ): StoredDecision[] {
    const found: StoredDecision[] = [];
    let characters = 0;
    for (let sequence = first; sequence <= last; sequence += 1) {
      const stored = this.decision(sequence);
      if (stored === undefined) break;
      characters += charactersOf(stored);
      if (characters > maxCharacters && found.length > 0) break;
      found.push(storedDecision(stored));
    }
    return found;
  }

  /** What a request came to, if that is there. */
  async result(
    sequence: SequenceNumber,
    client: ClientId,
    timestamp: Timestamp,
  ): Promise<StoredResult | undefined> {
    const stored = this.decision(sequence);
    if (stored === undefined) return undefined;
    const read = (position: number): Promise<readonly RequestResult[]> => {
      const page = this.entries.get(pageKey(sequence, position)) ?? [];
      return Promise.resolve(page as readonly RequestResult[]);
    };
    return findResult(stored, client, timestamp, read);
  }

  /** Drops a decision that the state includes, with its results. */
  forget(sequence: SequenceNumber): void {
    this.forgetResults(sequence);
    this.entries.delete(keyOf({ kind: 'decision', sequence }));
  }

  /** Drops what the requests of a slot came to. */
  forgetResults(sequence: SequenceNumber): void {
    for (const position of this.decision(sequence)?.pages ?? []) {
      this.entries.delete(pageKey(sequence, position));
    }
  }

  /** The state at checkpoint `sequence`, if that is the newest whole one. */
  snapshot(sequence: SequenceNumber): HeldSnapshot | undefined {
    const { state } = this.retention;
    if (state?.sequence !== sequence) return undefined;
    const chunks = this.retention.stateChunks();
    const texts = new Map<string, string>();
    for (const chunk of chunks) {
      const { text } = this.entries.get(keyOf({ ...chunk, kind: 'chunk' })) as ChunkValue;
      texts.set(chunk.name, text);
    }
    return {
      ...state,
      chunks: chunks.map(({ name, digest }) => ({ name, digest })),
      text: (name) => Promise.resolve(texts.get(name)),
      release: () => Promise.resolve(texts.clear()),
    };
  }

  private decision(sequence: SequenceNumber): DecisionValue | undefined {
    return this.entries.get(keyOf({ kind: 'decision', sequence })) as DecisionValue | undefined;
  }
}

/** About as long as it is when it is written out. */
function charactersOf({ decision }: StoredDecision): number {
  return decision.requests.reduce((sum, { operation }) => sum + operation.length + 256, 0);
}
