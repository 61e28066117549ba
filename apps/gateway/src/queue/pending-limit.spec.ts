import { describe, expect, it } from 'vitest';
import { CallerShares } from '../auth/caller-shares.js';
import { PendingLimit } from './pending-limit.js';

const TARGET_MS = 500;
const CEILING = 2048;
const MOST = 3072;

/** A queue that finishes `perSecond` requests, in steps of a millisecond. */
class Queue {
  perSecond: number;
  pending = 0;
  refused = 0;
  nowMs = 0;
  longestWaitMs = 0;
  /** What one takes even when nothing waits before it. */
  leastMs = 0;
  /** How often the connection was lost. */
  losses = 0;
  /** Whether what ends is decided. */
  decides = true;
  private credit = 0;
  private readonly acceptedAtMs: number[] = [];
  readonly limit = new PendingLimit(
    { targetWaitMs: TARGET_MS, ceiling: CEILING, most: MOST, losses: () => this.losses },
    () => this.nowMs,
  );

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  private readonly shares = new CallerShares({
    total: () => this.limit.allowed(this.pending),
    ceiling: CEILING,
    most: MOST,
    taken: () => this.pending,
    onRefused: () => this.limit.refused(),
  });

  /** As the gateway does with the calls of a single caller. */
  offer(count: number): boolean {
    const admitted = this.shares.admits('alone', count) && this.limit.admits(count, this.pending);
    if (admitted) {
      this.pending += count;
      this.acceptedAtMs.push(...Array.from({ length: count }, () => this.nowMs));
    } else {
      this.refused += count;
    }
    return admitted;
  }

  /** Time goes by while `offered` single requests arrive in each second. */
  run(forMs: number, offered: number): void {
    let due = 0;
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.nowMs += 1) {
      for (due += offered / 1000; due >= 1; due -= 1) this.offer(1);
      for (this.credit += this.perSecond / 1000; this.credit >= 1; this.credit -= 1) this.finish();
    }
  }

  private finish(): void {
    const [acceptedAtMs] = this.acceptedAtMs;
    if (acceptedAtMs === undefined || this.nowMs < acceptedAtMs + this.leastMs) return;
    this.acceptedAtMs.shift();
    this.pending -= 1;
    const tookMs = this.nowMs - acceptedAtMs;
    this.longestWaitMs = Math.max(this.longestWaitMs, tookMs);
    this.limit.finished(this.pending, this.decides ? tookMs : undefined);
  }
}

/** How long who is accepted from now on has to wait, once the limit has found its place. */
function steadyWaitMs(queue: Queue, offered: number): number {
  queue.run(5_000, offered);
  queue.longestWaitMs = 0;
  queue.run(5_000, offered);
  return queue.longestWaitMs;
}

describe('what may be pending', () => {
  it.each([400, 1_000, 2_500])(
    'is what is worked off in the target wait, at %d decisions in a second',
    (perSecond) => {
      const queue = new Queue(perSecond);
      const waitMs = steadyWaitMs(queue, 2 * perSecond);
      expect(waitMs).toBeGreaterThan(TARGET_MS / 2);
      expect(waitMs).toBeLessThan(TARGET_MS * 1.3);
      // All that is not refused is worked off: the limit costs no throughput.
      expect(queue.refused / (20 * perSecond)).toBeCloseTo(0.5, 1);
    },
  );

  it('H13: is what is under way and as much again, where a decision takes longer than that', () => {
    const queue = new Queue(1_000);
    queue.leastMs = 800;
    queue.offer(1);
    queue.run(1_000, 0);
    const waitMs = steadyWaitMs(queue, 2_000);
    expect(waitMs).toBeGreaterThan(queue.leastMs);
    expect(waitMs).toBeLessThan(2 * queue.leastMs * 1.3);
    // All that is not refused is worked off.
    expect(queue.refused / 20_000).toBeCloseTo(0.5, 1);
  });

  it('H13, sibling: what one took behind others says nothing of that', () => {
    const queue = new Queue(0);
    queue.offer(200);
    queue.run(5_000, 0);
    queue.perSecond = 1_000;
    queue.run(1_000, 0);
    queue.offer(1);
    queue.run(2, 0);
    expect(steadyWaitMs(queue, 2_000)).toBeLessThan(TARGET_MS * 1.3);
  });

  it('H13, sibling: a first decision that took long is not believed for as long as others are pending', () => {
    const queue = new Queue(2_000);
    queue.leastMs = 20_000;
    queue.offer(1);
    queue.run(19_900, 0);
    queue.offer(500);
    queue.run(101, 0);
    queue.leastMs = 5;
    let fewest = Infinity;
    for (let step = 0; step < 500; step += 1) {
      queue.run(10, 3_000);
      fewest = Math.min(fewest, queue.pending);
    }
    // Nothing finds nothing pending.
    expect(fewest).toBeGreaterThan(100);
    queue.longestWaitMs = 0;
    queue.run(3_000, 3_000);
    expect(queue.longestWaitMs).toBeLessThan(TARGET_MS * 1.3);
  });

  it.each([
    ['the connection was lost meanwhile', (queue: Queue) => (queue.losses += 1)],
    ['it failed', (queue: Queue) => (queue.decides = false)],
  ])('H13, sibling: nor is one at all if %s', (_why, happens) => {
    const queue = new Queue(1_000);
    queue.leastMs = 20_000;
    queue.offer(1);
    queue.run(19_900, 0);
    queue.offer(500);
    happens(queue);
    queue.run(101, 0);
    expect(queue.pending).toBe(500);
    // Nothing more is decided: whoever waits has waited for long enough.
    queue.run(1_500, 100);
    expect(queue.limit.current).toBe(128);
  });

  it('H13, sibling: a cluster that takes longer than it did is given the time, after a while', () => {
    const queue = new Queue(1_000);
    for (const [leastMs, forMs] of [
      [2, 40_000],
      [800, 35_000],
      [800, 1_000],
    ] as const) {
      queue.leastMs = leastMs;
      queue.offer(1);
      queue.run(forMs, 0);
    }
    expect(steadyWaitMs(queue, 2_000)).toBeGreaterThan(queue.leastMs);
    expect(queue.refused / 20_000).toBeCloseTo(0.5, 1);
  });

  it('never is more than the ceiling', () => {
    const queue = new Queue(20_000);
    expect(steadyWaitMs(queue, 40_000)).toBeLessThan((CEILING / 20_000) * 1_000 * 1.1);
    expect(queue.limit.current).toBe(CEILING);
  });

  it('follows a cluster that becomes slower and faster', () => {
    const queue = new Queue(2_000);
    expect(steadyWaitMs(queue, 8_000)).toBeLessThan(TARGET_MS * 1.3);
    queue.perSecond = 400;
    expect(steadyWaitMs(queue, 8_000)).toBeLessThan(TARGET_MS * 1.3);
    queue.perSecond = 2_000;
    steadyWaitMs(queue, 8_000);
    expect(queue.limit.current).toBeGreaterThan(2_000 * (TARGET_MS / 1_000) * 0.7);
  });

  it('is little while nothing is decided, and more again when it is', () => {
    const queue = new Queue(2_000);
    queue.run(2_000, 4_000);
    queue.perSecond = 0;
    queue.run(2_000, 4_000);
    expect(queue.limit.current).toBe(128);
    queue.perSecond = 2_000;
    queue.run(4_000, 4_000);
    expect(queue.limit.current).toBeGreaterThan(700);
  });

  it('is not touched by a burst that is worked off in time, nor by a single late request', () => {
    const queue = new Queue(4_000);
    queue.run(5_000, 10);
    expect(queue.offer(1_024)).toBe(true);
    expect(queue.offer(1_000)).toBe(true);
    queue.run(490, 0);
    expect(queue.limit.current).toBe(CEILING);
    queue.perSecond = 0;
    queue.offer(1);
    queue.run(10_000, 0);
    expect(queue.offer(1_024)).toBe(true);
    expect(queue.limit.current).toBe(CEILING);
  });

  it('lets a large call in between small ones, up to the ceiling', () => {
    const queue = new Queue(400);
    queue.run(5_000, 1_000);
    queue.run(100, 0);
    expect(queue.pending).toBeLessThan(queue.limit.current);
    expect(queue.offer(1_024)).toBe(true);
    expect(queue.offer(1)).toBe(false);
    expect(new Queue(1).offer(CEILING + 1)).toBe(false);
  });

  it('I9, sibling: is not less for what was not accepted after all', () => {
    const queue = new Queue(0);
    expect([queue.offer(1_024), queue.offer(1)]).toEqual([true, true]);
    // Nothing of the first call was accepted: it has left without being finished.
    queue.pending = 1;
    queue.run(2_000, 0);
    expect(queue.offer(1)).toBe(true);
    expect(queue.limit.current).toBe(CEILING);
  });

  it('I9, sibling: is never more than fits into memory, whoever asks', () => {
    const { limit } = new Queue(0);
    expect(limit.admits(1_024, MOST - 1_024)).toBe(true);
    expect(limit.isFull(MOST - 1)).toBe(false);
    expect(limit.admits(2, MOST - 1)).toBe(false);
    expect(limit.isFull(MOST)).toBe(true);
  });
});
