import type { Restored, SequenceNumber, StoredDecision, StoreRecord } from '@ccro/consensus';
import { entryOf, keyOf, type ChunkValue, type Entry } from './entries.js';
import type { HeldSnapshot } from './replica-store.js';
import { restoredFrom } from './restored-from.js';
import { Retention, type Change } from './retention.js';

/** A store's whole content, in memory. */
export class StoreImage {
  private readonly retention = new Retention();
  private readonly entries = new Map<string, unknown>();

  /** @returns what became of the entries, in order */
  apply(records: readonly StoreRecord[]): readonly Change[] {
    const changes = this.retention.apply(records);
    for (const change of changes) {
      if (change.kind === 'put') this.entries.set(change.key, change.value);
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
      const stored = this.entries.get(keyOf({ kind: 'decision', sequence }));
      if (stored === undefined) break;
      characters += charactersOf(stored as StoredDecision);
      if (characters > maxCharacters && found.length > 0) break;
      found.push(stored as StoredDecision);
    }
    return found;
  }

  /** Drops a decision that the state includes. */
  forget(sequence: SequenceNumber): void {
    this.entries.delete(keyOf({ kind: 'decision', sequence }));
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
}

/** About as long as it is when it is written out. */
function charactersOf({ decision, results }: StoredDecision): number {
  const operations = decision.requests.map(({ operation }) => operation.length + 256);
  const texts = results.map(({ result }) => result.length + 256);
  return [...operations, ...texts].reduce((sum, length) => sum + length, 0);
}
