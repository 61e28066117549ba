import type { SequenceNumber, StoredDecision, StoreRecord } from '@ccro/consensus';
import type { HeldSnapshot, ReplicaStore } from './replica-store.js';
import { StoreImage } from './store-image.js';

/** How many decisions below the state are kept at most: for the ledger and for replicas behind. */
export interface DecisionLimits {
  readonly slots: number;
  /** Roughly. */
  readonly bytes: number;
}

const DEFAULT_LIMITS: DecisionLimits = { slots: 4096, bytes: 32 * 1024 * 1024 };

/** What a decision takes beside its texts, roughly: per slot, signature and request. */
const BYTES_PER_SLOT = 1024;
const BYTES_PER_SIGNATURE = 128;
const BYTES_PER_REQUEST = 768;

/**
 * `DURABILITY=memory`: everything lives as long as the process.
 *
 * Invariant kept here (bounded memory): of the decisions that the state includes only the newest
 * are kept, so that any number of requests may be decided.
 */
export class MemoryStore implements ReplicaStore {
  private readonly image = new StoreImage();
  /** Decisions that may be dropped, oldest first. */
  private readonly archived: { readonly sequence: SequenceNumber; readonly bytes: number }[] = [];
  private bytes = 0;

  constructor(private readonly limits: DecisionLimits = DEFAULT_LIMITS) {}

  append(records: readonly StoreRecord[]): undefined {
    for (const change of this.image.apply(records)) {
      if (change.kind === 'archive') this.archive(change.sequence);
    }
  }

  /** Nothing: no earlier run's memory is left. */
  restore(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  decisions(
    first: SequenceNumber,
    last: SequenceNumber,
    maxCharacters?: number,
  ): Promise<readonly StoredDecision[]> {
    return Promise.resolve(this.image.decisions(first, last, maxCharacters));
  }

  snapshot(sequence: SequenceNumber): Promise<HeldSnapshot | undefined> {
    return Promise.resolve(this.image.snapshot(sequence));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private archive(sequence: SequenceNumber): void {
    const [stored] = this.image.decisions(sequence, sequence);
    if (stored === undefined) return;
    const bytes = sizeOf(stored);
    this.archived.push({ sequence, bytes });
    this.bytes += bytes;
    while (this.archived.length > this.limits.slots || this.bytes > this.limits.bytes) {
      const oldest = this.archived.shift();
      if (oldest === undefined) return;
      this.bytes -= oldest.bytes;
      this.image.forget(oldest.sequence);
    }
  }
}

function sizeOf({ decision, results }: StoredDecision): number {
  const { requests, certificate } = decision;
  let bytes = BYTES_PER_SLOT + certificate.proof.signatures.length * BYTES_PER_SIGNATURE;
  for (const { operation } of requests) bytes += BYTES_PER_REQUEST + operation.length;
  for (const { result } of results) bytes += result.length;
  return bytes;
}
