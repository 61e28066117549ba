import type {
  Chunk,
  ClientId,
  Restored,
  SequenceNumber,
  Snapshot,
  StoredDecision,
  StoreRecord,
  Timestamp,
} from '@ccro/consensus';
import type { StoredResult } from './result-pages.js';

/**
 * Where a replica keeps what it must not forget.
 *
 * Invariants its implementations keep:
 * - once `append` has returned (or its promise resolved), the records survive whatever the
 *   durability setting promises to survive; a unit is there as a whole or not at all;
 * - what `restore` gives is what was appended, or it throws: damaged data is never restored;
 * - what lies at or below the stable checkpoint is dropped, except decisions and the state.
 */
export interface ReplicaStore {
  /**
   * Writes records in order, as one unit.
   *
   * @returns undefined when they are durable already, else a promise of it
   * @throws StoreError (or rejects with it) when they cannot be written: the replica must stop
   */
  append(records: readonly StoreRecord[]): Promise<void> | undefined;

  /**
   * What the store held when it was opened; undefined when it was empty. To be called once at
   * most: what it gives may be large and is not kept.
   *
   * @throws StoreError `damaged` when it does not hold what was once written to it
   */
  restore(): Promise<Restored | undefined>;

  /**
   * Stored decisions first..last, ascending, up to the first that was never stored or was dropped.
   * No results are read for them.
   *
   * @param maxCharacters of what is stored: no more is read than the one that goes beyond it, which
   *   is left out unless it is the first
   * @throws StoreError `damaged` when one is not as it was stored
   */
  decisions(
    first: SequenceNumber,
    last: SequenceNumber,
    maxCharacters?: number,
  ): Promise<readonly StoredDecision[]>;

  /**
   * The result of a client's request that executed in slot `sequence`, with the decision of the slot;
   * undefined when it was never stored or was dropped.
   *
   * @throws StoreError `damaged` when it is not as it was stored
   */
  result(
    sequence: SequenceNumber,
    client: ClientId,
    timestamp: Timestamp,
  ): Promise<StoredResult | undefined>;

  /**
   * The state at checkpoint `sequence`, frozen as it is now, for as long as it is held; undefined
   * when the newest stable state here is another one.
   */
  snapshot(sequence: SequenceNumber): Promise<HeldSnapshot | undefined>;

  close(): Promise<void>;
}

/** A state that stays readable while the store goes on. */
export interface HeldSnapshot extends Omit<Snapshot, 'chunks'> {
  /** Ascending by name. */
  readonly chunks: readonly Pick<Chunk, 'name' | 'digest'>[];
  /** @returns undefined when there is no chunk of that name, or the state was released */
  text(name: string): Promise<string | undefined>;
  /** Must be called once. */
  release(): Promise<void>;
}
