/**
 * Divides a limited number of places among callers, so that no caller takes all of them.
 *
 * - A single caller may take every place, or `perCaller` of them where that is set: places that are
 *   held for long, such as streams, would not be free when another caller comes.
 * - Among several callers each may take an equal share. A caller counts while it holds a place, and
 *   for `WANTING_MS` after it was refused.
 *
 * No place is taken back: a caller above its share gets no more until it is below it.
 *
 * Invariant kept here: while several callers count, one that is below its share is not refused for what
 * others hold, unless `most` is reached; so whoever takes everything while it is alone keeps nobody
 * out. What that adds to the total is bounded by one share for each caller, and by `most` in all.
 */

/** How long a caller counts after it was refused. */
const WANTING_MS = 2_000;
/** Refused callers that are remembered, at most. */
const MAX_WANTING = 1_000;

export interface ShareLimits {
  /** How many there are to be divided. It may change. */
  readonly total: () => number;
  /** Most that one caller may have, however much is free. Default: no limit but the total. */
  readonly perCaller?: number;
  /**
   * Most that are taken where a caller that is alone asks for more than what is left of the total.
   * Default: the total.
   */
  readonly ceiling?: number;
  /** Most that are taken in all, also by callers below their share. Default: `ceiling`. */
  readonly most?: number;
  /** How many are taken, if that may be more than callers hold. */
  readonly taken?: () => number;
  /** Told of each call that is refused. */
  readonly onRefused?: () => void;
}

export class CallerShares {
  private readonly held = new Map<string, number>();
  /** Until when callers that were refused count, in the order in which they were. */
  private readonly wanting = new Map<string, number>();
  private all = 0;

  /** @param now milliseconds on a clock that never goes back */
  constructor(
    private readonly limits: ShareLimits,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** How many callers hold. */
  get taken(): number {
    return this.all;
  }

  /**
   * Takes `count` places for `caller`, all of them or none.
   *
   * - A caller that is alone may exceed what is left with one call, up to the ceiling: otherwise large
   *   calls would never be accepted between small ones.
   * - Where others want some, a call that is larger than what is left may exceed the caller's share,
   *   once, and is no larger than the share itself.
   *
   * @returns what gives them back, one after the other or several at once; undefined when it is refused
   */
  take(caller: string, count = 1): ((count?: number) => void) | undefined {
    if (!this.admits(caller, count)) return undefined;
    this.wanting.delete(caller);
    this.all += count;
    this.held.set(caller, (this.held.get(caller) ?? 0) + count);
    return (back = 1) => this.giveBack(caller, back);
  }

  /** Whether `caller` would get `count` now; if not, it counts as refused. */
  admits(caller: string, count = 1): boolean {
    const admitted = this.hasRoom(caller, count);
    if (!admitted) this.refuse(caller);
    return admitted;
  }

  /** `caller` gets nothing now, for whatever reason, and so counts as one that wants some. */
  refuse(caller: string): void {
    this.wanting.delete(caller);
    this.wanting.set(caller, this.now() + WANTING_MS);
    const [oldest] = this.wanting.keys();
    if (this.wanting.size > MAX_WANTING && oldest !== undefined) this.wanting.delete(oldest);
    this.limits.onRefused?.();
  }

  private hasRoom(caller: string, count: number): boolean {
    const total = this.limits.total();
    const { perCaller = Infinity, ceiling = total, most = ceiling } = this.limits;
    const held = this.held.get(caller) ?? 0;
    if (held >= perCaller) return false;
    const taken = Math.max(this.all, this.limits.taken?.() ?? 0);
    const others = this.othersThan(caller);
    if (others === 0) return taken < total && taken + count <= ceiling;
    const share = Math.max(Math.floor(total / (others + 1)), 1);
    if (held >= share) return false;
    return taken + count <= total || (count <= share && taken + count <= most);
  }

  /** Callers besides `caller` that hold a place or were refused lately. */
  private othersThan(caller: string): number {
    if (this.wanting.size > 0) this.forgetWanting(this.now());
    let others = this.held.size - (this.held.has(caller) ? 1 : 0);
    for (const name of this.wanting.keys()) {
      if (name !== caller && !this.held.has(name)) others += 1;
    }
    return others;
  }

  private forgetWanting(nowMs: number): void {
    for (const [name, untilMs] of this.wanting) {
      if (untilMs > nowMs) break;
      this.wanting.delete(name);
    }
  }

  private giveBack(caller: string, count: number): void {
    const held = (this.held.get(caller) ?? count) - count;
    this.all -= count;
    if (held > 0) this.held.set(caller, held);
    else this.held.delete(caller);
  }
}
