import type {
  ClientId,
  RequestResult,
  SequenceNumber,
  StoredDecision,
  StoreRecord,
  Timestamp,
} from '@ccro/consensus';
import type { HeldSnapshot, ReplicaStore } from './replica-store.js';
import type { StoredResult } from './result-pages.js';
import { StoreImage } from './store-image.js';

/** How many decisions below the state are kept at most: for the ledger and for replicas behind. */
export interface DecisionLimits {
  readonly slots: number;
  /** Roughly, with their results; as many again for results of slots above the state. */
  readonly bytes: number;
}

const DEFAULT_LIMITS: DecisionLimits = { slots: 4096, bytes: 32 * 1024 * 1024 };

/** What a decision takes beside its texts, roughly: per slot, signature, request and result. */
const BYTES_PER_SLOT = 1024;
const BYTES_PER_SIGNATURE = 128;
const BYTES_PER_REQUEST = 512;
const BYTES_PER_RESULT = 256;

/**
 * `DURABILITY=memory`: everything lives as long as the process.
 *
 * Invariant kept here (bounded memory): of the decisions that the state includes only the newest
 * are kept, and of the results of later ones, so that any number of requests may be decided.
 */
export class MemoryStore implements ReplicaStore {
  private readonly image = new StoreImage();
  /** Decisions that may be dropped, oldest first. */
  private readonly archived: { readonly sequence: SequenceNumber; readonly bytes: number }[] = [];
  private bytes = 0;
  /** Bytes of results of slots that the state does not include, oldest first. */
  private readonly recent = new Map<SequenceNumber, number>();
  private recentBytes = 0;

  constructor(private readonly limits: DecisionLimits = DEFAULT_LIMITS) {}

  append(records: readonly StoreRecord[]): undefined {
    for (const change of this.image.apply(records)) {
      if (change.kind === 'put-page') this.noteResults(change.sequence, change.value);
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

  result(
    sequence: SequenceNumber,
    client: ClientId,
    timestamp: Timestamp,
  ): Promise<StoredResult | undefined> {
    return this.image.result(sequence, client, timestamp);
  }

  snapshot(sequence: SequenceNumber): Promise<HeldSnapshot | undefined> {
    return Promise.resolve(this.image.snapshot(sequence));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  /** Results of slots that the state does not include, oldest first: of these, too, only so many. */
  private noteResults(sequence: SequenceNumber, page: readonly RequestResult[]): void {
    const bytes = page.reduce((sum, { result }) => sum + BYTES_PER_RESULT + result.length, 0);
    this.recent.set(sequence, (this.recent.get(sequence) ?? 0) + bytes);
    this.recentBytes += bytes;
    for (const oldest of this.recent.keys()) {
      if (this.recentBytes <= this.limits.bytes || oldest === sequence) return;
      this.takeRecent(oldest);
      this.image.forgetResults(oldest);
    }
  }

  /** @returns how many bytes of results the slot has */
  private takeRecent(sequence: SequenceNumber): number {
    const bytes = this.recent.get(sequence) ?? 0;
    this.recent.delete(sequence);
    this.recentBytes -= bytes;
    return bytes;
  }

  private archive(sequence: SequenceNumber): void {
    const [stored] = this.image.decisions(sequence, sequence);
    if (stored === undefined) return;
    const bytes = sizeOf(stored) + this.takeRecent(sequence);
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

function sizeOf({ decision }: StoredDecision): number {
  const { requests, certificate } = decision;
  let bytes = BYTES_PER_SLOT + certificate.proof.signatures.length * BYTES_PER_SIGNATURE;
  for (const { operation } of requests) bytes += BYTES_PER_REQUEST + operation.length;
  return bytes;
}
