/**
 * Limits the time that a replica, or a client, spends on signatures that do not hold. Who signed a message is known
 * only after its signature was checked, so an outsider can cause one check per message that it sends, in
 * the name of any member or client.
 *
 * Invariants kept here:
 * - bounded work: failed checks take a limited part of one processor's time, per route and in all; beyond
 *   that, messages under a name whose checks failed lately are dropped unchecked;
 * - no one else is affected: names without failed checks are always checked, and flooding one route leaves
 *   the others usable. A client sends to the primary alone, and to all if it gets no answer;
 * - agreement goes on: messages that order requests (proposals, votes, certificates, view changes) have no
 *   origin here and are never dropped. All that have one are sent again until they are answered.
 */

import { type BucketSize, type RejectCode, TokenBuckets } from '@ccro/consensus';

/** Milliseconds of a processor per second that failed checks may take. */
const MAX_VAIN_MS = { route: 80, all: 150 } as const;
/** One check counts for no more than this unless its origin says so: a longer one was interrupted by the system. */
const LONGEST_CHECK_MS = 0.2;
/** How long after a failed check a name is doubted. */
const DOUBTED_MS = 1000;

const ROUTE: BucketSize = { capacity: MAX_VAIN_MS.route, perMs: MAX_VAIN_MS.route / 1000 };
const ALL: BucketSize = { capacity: MAX_VAIN_MS.all, perMs: MAX_VAIN_MS.all / 1000 };

/** Who is said to have signed a message, and on which route it came. */
export interface Origin {
  readonly name: string;
  /** Kind of message and channel, such as `requests direct`. */
  readonly route: string;
  /** A check counts for no more milliseconds than this. Default: what a signature of something short takes. */
  readonly longestMs?: number;
}

export class Doubt {
  private readonly buckets = new TokenBuckets();
  /** By name. No more entries than members and clients, twice: messages of others are refused earlier. */
  private readonly failedAtMs = new Map<string, number>();

  constructor(private readonly clock: { now(): number }) {}

  /** The outcome of `check`; `throttled`, without calling it, after too many failed checks. */
  check<T>(origin: Origin, check: () => T | RejectCode): T | RejectCode {
    const startedMs = this.clock.now();
    if (!this.admits(origin, startedMs)) return 'throttled';
    const outcome = check();
    if (outcome === 'bad-signature') this.failed(origin, startedMs);
    return outcome;
  }

  private admits({ name, route, longestMs = LONGEST_CHECK_MS }: Origin, nowMs: number): boolean {
    const failedAtMs = this.failedAtMs.get(name);
    if (failedAtMs === undefined || nowMs - failedAtMs > DOUBTED_MS) return true;
    const left = Math.min(
      this.buckets.left(route, ROUTE, nowMs),
      this.buckets.left('', ALL, nowMs),
    );
    return left >= longestMs;
  }

  private failed({ name, route, longestMs = LONGEST_CHECK_MS }: Origin, startedMs: number): void {
    const nowMs = this.clock.now();
    const tookMs = Math.min(nowMs - startedMs, longestMs);
    this.failedAtMs.set(name, nowMs);
    this.buckets.take(route, ROUTE, tookMs, nowMs);
    this.buckets.take('', ALL, tookMs, nowMs);
  }
}
