import type { Decision, Digest, RequestResult, SequenceNumber, StoreRecord } from '@ccro/consensus';

/** A decided slot with what executing it gave. */
export interface StoredDecision {
  readonly decision: Decision;
  readonly results: readonly RequestResult[];
  readonly ledgerHead: Digest;
}

/**
 * Where a replica keeps what it must not forget.
 *
 * Invariant its implementations keep: once `append` has returned (or its promise resolved), the
 * records survive whatever the durability setting promises to survive.
 */
export interface ReplicaStore {
  /**
   * Writes records in order, as one unit.
   *
   * @returns undefined when they are durable already, else a promise of it
   */
  append(records: readonly StoreRecord[]): Promise<void> | undefined;

  /** Stored decisions first..last, ascending, as far as they exist. */
  decisions(first: SequenceNumber, last: SequenceNumber): Promise<readonly StoredDecision[]>;

  close(): Promise<void>;
}
