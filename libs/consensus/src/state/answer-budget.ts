/**
 * How much this replica answers others: token buckets for each replica and client, so that requests for
 * help, replayed or needless, cannot make it flood the network. The bytes of the answer are counted,
 * estimated before it is made: a short question may be answered with megabytes.
 *
 * Invariant kept here (bounded work): the bytes sent in answer to one member or client are bounded, and,
 * as every message counts for a least number of bytes, so is the number of messages, which is what
 * making them costs. Repeated answers have a smaller budget: a replica that is behind needs each
 * decision once, and again only what was lost.
 */

import type { ClientId, ReplicaId } from '../messages/ids.js';
import { type BucketSize, TokenBuckets } from './token-buckets.js';

/**
 * What answers are about. A replica cannot proceed without certificates and view-changes, so decisions,
 * which would use up every budget, have one of their own; states are larger than all else. `again`:
 * decisions, proposals and results that the asker was sent before; they count as decisions, too.
 */
export type AnswerKind = 'certificates' | 'decisions' | 'again' | 'state';

/**
 * Bytes at once. Enough for the certificates of every slot in flight, for the decisions of a busy
 * cluster or a client's outstanding requests, and for the state parts that are in flight.
 */
const CAPACITY: Readonly<Record<AnswerKind, number>> = {
  certificates: 2 * 1024 * 1024,
  decisions: 4 * 1024 * 1024,
  again: 2 * 1024 * 1024,
  state: 64 * 1024 * 1024,
};
const REFILL_PER_MS: Readonly<Record<AnswerKind, number>> = {
  certificates: 4 * 1024,
  decisions: 16 * 1024,
  again: 2 * 1024,
  state: 64 * 1024,
};
/** The least that a message counts for: limits short messages to a thousand a second, or half of that. */
const LEAST: Readonly<Record<AnswerKind, number>> = {
  certificates: 4 * 1024,
  decisions: 1024,
  again: 4 * 1024,
  state: 1024,
};

export class AnswerBudget {
  /** As many as there are members and clients: others' messages are refused before. */
  private readonly buckets = new TokenBuckets();

  /**
   * Takes `bytes` from the budget of `asker`. An answer larger than the whole budget takes all of it.
   *
   * @returns false, and takes none, when there is too little
   */
  spend(asker: ReplicaId | ClientId, bytes: number, nowMs: number, kind: AnswerKind): boolean {
    const kinds: readonly AnswerKind[] = kind === 'again' ? ['again', 'decisions'] : [kind];
    const shares = kinds.map((each) => ({
      name: `${each}:${typeof asker}:${asker}`,
      size: { capacity: CAPACITY[each], perMs: REFILL_PER_MS[each] } satisfies BucketSize,
      cost: Math.min(Math.max(bytes, LEAST[each]), CAPACITY[each]),
    }));
    const fits = shares.every(
      ({ name, size, cost }) => this.buckets.left(name, size, nowMs) >= cost,
    );
    if (!fits) return false;
    for (const { name, size, cost } of shares) this.buckets.take(name, size, cost, nowMs);
    return true;
  }
}
