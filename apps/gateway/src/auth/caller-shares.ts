/**
 * Divides a limited number of places among callers, so that no caller takes all of them.
 *
 * - A single caller may take every place, or `perCaller` of them where that is set: places that are
 *   held for long, such as streams, would not be free when another caller comes.
 * - Among several callers each may take an equal share. A caller counts while it holds a place, and
 *   for `WANTING_MS` after it was refused.
 *
 * No place is taken back: a caller above its share gets no more until it is below it.
 */

/** How long a caller counts after it was refused. */
const WANTING_MS = 2_000;
/** Refused callers that are remembered, at most. */
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
   * Takes `count` places for `caller`. One call may exceed what is left, whatever its size: otherwise
   * large calls would never be accepted between small ones.
   *
   * @returns what gives them back, one after the other or several at once; undefined when it is refused
   */
  take(caller: string, count = 1): ((count?: number) => void) | undefined {
    if (!this.admits(caller)) return undefined;
    this.wanting.delete(caller);
    this.all += count;
    this.held.set(caller, (this.held.get(caller) ?? 0) + count);
    return (back = 1) => this.giveBack(caller, back);
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

  private refuse(caller: string): void {
    this.wanting.delete(caller);
    this.wanting.set(caller, this.now() + WANTING_MS);
    const [oldest] = this.wanting.keys();
    if (this.wanting.size > MAX_WANTING && oldest !== undefined) this.wanting.delete(oldest);
  }

  private giveBack(caller: string, count: number): void {
    const held = (this.held.get(caller) ?? count) - count;
    this.all -= count;
    if (held > 0) this.held.set(caller, held);
    else this.held.delete(caller);
  }
}
