import type { SequenceNumber, StoreRecord } from '@ccro/consensus';
import type { ReplicaStore, StoredDecision } from './replica-store.js';

/**
 * `DURABILITY=memory`: decisions live as long as the process. Votes and certificates need no
 * keeping beside the replica itself, because nothing outlives it.
 */
export class MemoryStore implements ReplicaStore {
  private readonly executed = new Map<SequenceNumber, StoredDecision>();

  append(records: readonly StoreRecord[]): undefined {
    for (const record of records) {
      if (record.kind !== 'executed') continue;
      const { decision, results, ledgerHead } = record;
      this.executed.set(decision.sequence, { decision, results, ledgerHead });
    }
  }

  decisions(first: SequenceNumber, last: SequenceNumber): Promise<readonly StoredDecision[]> {
    const found: StoredDecision[] = [];
    for (let sequence = first; sequence <= last; sequence += 1) {
      const stored = this.executed.get(sequence);
      if (stored === undefined) break;
      found.push(stored);
    }
    return Promise.resolve(found);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
