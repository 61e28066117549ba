/**
 * Timestamps for requests, taken from Redis in blocks so that accepting does not ask for each.
 *
 * Invariants kept here and in `redis-scripts.ts`:
 * - No timestamp is given out twice, by any of the gateways that share a client id, across
 *   restarts of all of them and of Redis: a counter in Redis gives out each once, and never one
 *   below the wall clock in microseconds. So what a Redis gives out that lost its last second, or
 *   everything, still lies above whatever was given out before; a client takes less than one for
 *   each microsecond. Clocks may be set back as long as Redis keeps its counter; and
 *   when it does not, none is given out at or below what f + 1 replicas say they executed.
 * - A block never leads to a request that the replicas take for stale: each timestamp has an index
 *   that counts how many were given out, and a request is accepted only if few enough were accepted
 *   above its own (`expired` in `request-store.ts`). So the rest of a block may be used at any later
 *   time; blocks are small so that few are refused.
 * - Tampering with the counter in Redis cannot use up the client's timestamps, after which it could
 *   never send again: a timestamp beyond any plausible clock is not used.
 */

import { clockTimestamp, MAX_CLOCK_TIMESTAMP } from '@ccro/client';
import { asError } from '@ccro/foreign-text';
import { QueueError } from '../queue-error.js';
import type { Stamp } from './accepted-calls.js';

/** Timestamps in a block, at least; more while more are used between two writes. */
const MIN_BLOCK = 64;
const MAX_BLOCK = 1024;
/** So many may others have taken that this process has not heard of, where a clock once ran ahead. */
const UNHEARD_OF = 2 ** 24;

interface Waiter {
  readonly count: number;
  readonly resolve: (stamps: readonly Stamp[]) => void;
  readonly reject: (error: Error) => void;
}

export class TimestampBlocks {
  private stamps: Stamp[] = [];
  private readonly waiters: Waiter[] = [];
  private asking = false;
  /** Above every timestamp this process ever saw. */
  private above = 0;
  private indexAbove = 0;
  private usedLately = 0;

  /**
   * @param issue asks Redis for `count` timestamps from `atLeast` on, and for the first of them
   * @param least what lies above all that the replicas executed
   */
  constructor(
    private readonly issue: (count: number, atLeast: number) => Promise<Stamp>,
    private readonly least: () => number = () => 0,
  ) {}

  /** The smallest timestamp that may be given out now. */
  get atLeast(): number {
    return Math.max(clockTimestamp(), this.least(), this.above);
  }

  /** Above every index this process ever saw; 0 before the first. */
  get nextIndex(): number {
    return this.indexAbove;
  }

  /**
   * How many to ask for when something is written anyway: as many as were used since the last
   * time, so that there are enough for the calls that come until the next one.
   */
  get wanted(): number {
    const wanted = Math.min(Math.max(2 * this.usedLately, MIN_BLOCK), MAX_BLOCK);
    return this.stamps.length >= wanted / 2 ? 0 : wanted;
  }

  /**
   * Takes `count` of them, ascending; at once unless there are too few.
   *
   * @throws what `issue` throws
   */
  take(count: number): Promise<readonly Stamp[]> {
    // The replicas executed more than was known when the block was given out.
    if ((this.stamps[0]?.timestamp ?? Infinity) < this.least()) this.drop();
    if (this.waiters.length === 0 && this.stamps.length >= count) {
      return Promise.resolve(this.next(count));
    }
    const taken = new Promise<readonly Stamp[]>((resolve, reject) => {
      this.waiters.push({ count, resolve, reject });
    });
    void this.ask();
    return taken;
  }

  /**
   * Takes in what `wanted` asked for.
   *
   * @returns whether it can be what Redis was asked for; else nothing was taken in
   */
  add(first: Stamp, count: number): boolean {
    const most = Math.max(MAX_CLOCK_TIMESTAMP, this.atLeast) + UNHEARD_OF;
    const isPlausible = first.timestamp <= most && Number.isSafeInteger(first.index + count);
    if (!isPlausible) return false;
    this.usedLately = 0;
    for (let offset = 0; offset < count; offset += 1) {
      const { timestamp, index } = first;
      this.stamps.push({ timestamp: timestamp + offset, index: index + offset });
    }
    this.above = Math.max(this.above, first.timestamp + count);
    this.indexAbove = Math.max(this.indexAbove, first.index + count);
    this.serve();
    return true;
  }

  /** Forgets the rest of its blocks: others were given too many since. */
  drop(): void {
    this.stamps = [];
  }

  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      while (this.waiters.length > 0) {
        const missing = this.waiters.reduce((sum, { count }) => sum + count, 0);
        const count = missing + MIN_BLOCK;
        if (!this.add(await this.issue(count, this.atLeast), count)) throw tamperedWith();
      }
    } catch (error) {
      const reason = asError(error);
      for (const { reject } of this.waiters.splice(0)) reject(reason);
    } finally {
      this.asking = false;
    }
  }

  private serve(): void {
    for (let [waiter] = this.waiters; waiter !== undefined; [waiter] = this.waiters) {
      if (this.stamps.length < waiter.count) return;
      this.waiters.shift();
      waiter.resolve(this.next(waiter.count));
    }
  }

  private next(count: number): readonly Stamp[] {
    this.usedLately += count;
    return this.stamps.splice(0, count);
  }
}

function tamperedWith(): QueueError {
  const message =
    'The counter of timestamps in Redis is beyond any clock, so it was tampered with. ' +
    'Nothing was accepted. Delete the counter in Redis: see docs/OPERATIONS.md.';
  return new QueueError('refused', message);
}
