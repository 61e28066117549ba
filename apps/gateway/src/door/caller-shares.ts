/**
 * Shares what there is a limited number of among callers, so that none of them takes it all from
 * the others.
 *
 * - A caller that is alone may have everything, or `perCaller` where that is set: what is held for
 *   long, such as a stream, would not be free when somebody else comes.
 * - Where several want some, each may have its part of the whole and no more. A caller wants some
 *   while it has any, and for `WANTING_MS` after it was refused.
 *
 * Nothing is taken back: whoever has more than its part gets no more until it has less.
 */

/** So long after it was refused a caller is reckoned with. */
const WANTING_MS = 2_000;
/** Callers that are remembered for having been refused. */
const MAX_WANTING = 1_000;

export interface ShareLimits {
  /** How many there are. It may change. */
  readonly total: () => number;
  /** Most that one caller may have, however much is free. Default: no limit but the total. */
  readonly perCaller?: number;
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

  /** How many are held. */
  get taken(): number {
    return this.all;
  }

  /**
   * Takes `count` for `caller`: one call may exceed what is left, whatever its size, as else large
   * ones would never get in between small ones.
   *
   * @returns what gives one of them back, to be called `count` times; undefined when it is refused
   */
  take(caller: string, count = 1): (() => void) | undefined {
    if (!this.admits(caller)) return undefined;
    this.wanting.delete(caller);
    this.all += count;
    this.held.set(caller, (this.held.get(caller) ?? 0) + count);
    return () => this.giveBack(caller);
  }

  /** Whether `caller` would get one now; if not, it counts as refused. */
  admits(caller: string): boolean {
    const admitted = this.hasRoom(caller);
    if (!admitted) this.refuse(caller);
    return admitted;
  }

  private hasRoom(caller: string): boolean {
    const { total, perCaller = Infinity } = this.limits;
    const held = this.held.get(caller) ?? 0;
    if (this.all >= total() || held >= perCaller) return false;
    const others = this.othersThan(caller);
    return others === 0 || held < Math.max(Math.floor(total() / (others + 1)), 1);
  }

  /** Callers besides `caller` that have some, or were refused a moment ago. */
  private othersThan(caller: string): number {
    const nowMs = this.now();
    for (const [name, untilMs] of this.wanting) {
      if (untilMs > nowMs) break;
      this.wanting.delete(name);
    }
    let others = this.held.size - (this.held.has(caller) ? 1 : 0);
    for (const name of this.wanting.keys()) {
      if (name !== caller && !this.held.has(name)) others += 1;
    }
    return others;
  }

  private refuse(caller: string): void {
    this.wanting.delete(caller);
    this.wanting.set(caller, this.now() + WANTING_MS);
    const [oldest] = this.wanting.keys();
    if (this.wanting.size > MAX_WANTING && oldest !== undefined) this.wanting.delete(oldest);
  }

  private giveBack(caller: string): void {
    const held = (this.held.get(caller) ?? 1) - 1;
    this.all -= 1;
    if (held > 0) this.held.set(caller, held);
    else this.held.delete(caller);
  }
}
