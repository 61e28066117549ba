import type { StoreRecord } from '@ccro/consensus';
import type { ReplicaStore } from '@ccro/storage';

/** The same store, which tells how long each write took, in seconds. */
export function timedStore(
  store: ReplicaStore,
  onWritten: (seconds: number) => void,
): ReplicaStore {
  return {
    append: (records) => timed(store, records, onWritten),
    restore: () => store.restore(),
    decisions: (first, last, maxCharacters) => store.decisions(first, last, maxCharacters),
    snapshot: (sequence) => store.snapshot(sequence),
    close: () => store.close(),
  };
}

/** Stores that keep nothing are done at once: there is nothing to measure. */
function timed(
  store: ReplicaStore,
  records: readonly StoreRecord[],
  onWritten: (seconds: number) => void,
): Promise<void> | undefined {
  const startedAt = performance.now();
  const written = store.append(records);
  return written?.then(() => onWritten((performance.now() - startedAt) / 1000));
}
