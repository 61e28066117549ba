/**
 * How much may be pending: as much as the cluster works off while a caller is willing to wait.
 *
 * A fixed number would mean a wait of any length, as decisions in a second are a matter of the
 * machine, of the size of the cluster and of what else runs. So the rule is:
 *
 * - When more than `FLOOR` requests have been pending for as long as `targetWaitMs` without a
 *   break, the limit is what was finished in just that time: a request that is accepted now waits
 *   about so long.
 * - When less is pending than was finished in that time, and calls were refused, it grows by a
 *   tenth every tenth of that time.
 * - It never is less than `FLOOR`, which a cluster needs for full batches, nor more than `ceiling`.
 *
 * Where replicas are far apart even a single decision may take longer than `targetWaitMs`, and most of
 * what is pending is under way, not waiting. So the time is twice what a decision takes by itself, if
 * that is more: the least that any call took before which nothing was pending. That one took long may
 * be a matter of its moment. So what is known is forgotten when later calls have shown it anew, no call
 * counts that failed or during which the connection was lost, and whatever took less behind others
 * shows that a decision takes no longer by itself.
 *
 * This file says how much may be pending. Who gets it, and which call is refused for it, is decided by
 * `CallerShares`, which divides the limit among callers. To keep some for callers that come when one
 * caller has taken everything, more than the ceiling may be pending: up to `most`.
 *
 * Invariant kept here: never is more than `most` admitted, whoever asks. See
 * `pending-bounds.ts`.
 *
 * A burst that is worked off in time changes nothing, nor does a single request that is late.
 */

/** See above. */
const FLOOR = 128;
/** Steps in which what was finished is counted. */
const STEPS = 10;
/** Of the time that a decision takes by itself: once under way, and once waiting. */
const PATIENCE = 2;
const GROWTH = 1.1;
/** So long it counts what a decision took by itself, if it has been seen anew since. */
const MEMORY_MS = 30_000;

export interface PendingLimitOptions {
  /** How long whatever is accepted should wait for its decision at the most, in milliseconds. */
  readonly targetWaitMs: number;
  /** The highest that the limit may be. */
  readonly ceiling: number;
  /** Most that may ever be pending; see above. */
  readonly most: number;
  /** How often the connection to the nodes was lost so far. */
  readonly losses: () => number;
}

export class PendingLimit {
  private limit: number;
  /** Requests finished in each of the last steps, the present one at the end. */
  private readonly finishedIn: number[] = [0];
  private stepEndsMs: number;
  /** Since when more than the floor is pending; undefined when no more is. */
  private busySinceMs: number | undefined;
  private hasRefused = false;
  /**
   * Losses of the connection when the call was admitted before which nothing was pending, until the
   * first of it is finished.
   */
  private aloneAfter: number | undefined;
  /** What a decision takes by itself, as far as it is known. */
  private quickestMs = 0;
  /** The same of this time alone, of `MEMORY_MS`; undefined before a call that was alone. */
  private recentMs: number | undefined;
  private forgetAtMs = -Infinity;

  /** @param now milliseconds on a clock that never goes back */
  constructor(
    private readonly options: PendingLimitOptions,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.limit = options.ceiling;
    this.stepEndsMs = now() + this.stepMs;
  }

  /** What the limit is at present. */
  get current(): number {
    return this.limit;
  }

  /** What the limit is now that `pending` requests are pending. */
  allowed(pending: number): number {
    this.pass(pending);
    return this.limit;
  }

  /** A call was refused for what is pending. */
  refused(): void {
    this.hasRefused = true;
  }

  /** Whether `count` requests may be pending besides `pending` others at all; then they are. */
  admits(count: number, pending: number): boolean {
    this.pass(pending);
    if (pending + count > this.options.most) return false;
    if (pending === 0) this.aloneAfter = this.options.losses();
    this.note(pending + count);
    return true;
  }

  /** Whether nothing can be admitted. */
  isFull(pending: number): boolean {
    return pending >= this.options.most;
  }

  /**
   * A request is finished; `pending` others are not.
   *
   * @param tookMs from sending it to its decision; undefined when it failed
   */
  finished(pending: number, tookMs: number | undefined): void {
    this.pass(pending);
    if (tookMs !== undefined) this.noteTime(tookMs);
    this.aloneAfter = undefined;
    this.finishedIn[this.finishedIn.length - 1] = (this.finishedIn.at(-1) ?? 0) + 1;
    this.note(pending);
  }

  /** How long whatever is accepted may wait. */
  private get targetMs(): number {
    return Math.max(this.options.targetWaitMs, PATIENCE * this.quickestMs);
  }

  private get stepMs(): number {
    return this.targetMs / STEPS;
  }

  private noteTime(tookMs: number): void {
    this.forget();
    if (this.aloneAfter === this.options.losses()) {
      if (this.quickestMs === 0) this.quickestMs = tookMs;
      this.recentMs ??= tookMs;
    }
    // What took less behind others would not have taken longer by itself.
    this.quickestMs = Math.min(this.quickestMs, tookMs);
    if (this.recentMs !== undefined) this.recentMs = Math.min(this.recentMs, tookMs);
  }

  /** What was known before this time counts no longer, if it has shown what counts instead. */
  private forget(): void {
    const nowMs = this.now();
    if (nowMs < this.forgetAtMs) return;
    this.forgetAtMs = nowMs + MEMORY_MS;
    this.quickestMs = this.recentMs ?? this.quickestMs;
    this.recentMs = undefined;
  }

  private note(pending: number): void {
    if (pending <= FLOOR) this.busySinceMs = undefined;
    else this.busySinceMs ??= this.now();
  }

  /** Goes on to the present step. */
  private pass(pending: number): void {
    const nowMs = this.now();
    // What ended without being finished, since it was not accepted after all, is not worked off.
    if (pending <= FLOOR) this.busySinceMs = undefined;
    if (nowMs < this.stepEndsMs) return;
    const passed = 1 + Math.floor((nowMs - this.stepEndsMs) / this.stepMs);
    this.adjust(pending, nowMs);
    this.stepEndsMs += passed * this.stepMs;
    for (let step = 0; step < Math.min(passed, STEPS); step += 1) this.finishedIn.push(0);
    this.finishedIn.splice(0, this.finishedIn.length - STEPS);
  }

  private adjust(pending: number, nowMs: number): void {
    const { ceiling } = this.options;
    const workedOff = this.finishedIn.reduce((sum, count) => sum + count, 0);
    const busyMs = this.busySinceMs === undefined ? 0 : nowMs - this.busySinceMs;
    if (busyMs >= this.targetMs && pending > workedOff) {
      this.limit = Math.min(Math.max(workedOff, FLOOR), this.limit);
    } else if (this.hasRefused) {
      this.limit = Math.min(Math.ceil(this.limit * GROWTH), ceiling);
    }
    this.hasRefused = false;
  }
}
