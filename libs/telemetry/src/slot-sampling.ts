/** Slots a second that are told about in full. */
export const SAMPLED_PER_SECOND = 8;

const WINDOW_MS = 1_000;

/**
 * Chooses the slots that are told about: those whose number is divisible by a power of two, which
 * grows with the rate of decisions. All nodes choose the same ones without talking; two nodes that
 * see the rate a little differently still share every slot of the one that tells less.
 */
export class SlotSampling {
  private current = 1;
  private windowStartMs: number | undefined;
  private windowBase = 0;
  private highest = 0;

  /** The power of two. */
  get every(): number {
    return this.current;
  }

  includes(sequence: number): boolean {
    return sequence % this.current === 0;
  }

  /** Takes notice of a slot that was executed here: unlike what others say, a true number. */
  executed(sequence: number, nowMs: number): void {
    if (this.windowStartMs === undefined) this.begin(nowMs, sequence - 1);
    this.highest = Math.max(this.highest, sequence);
    this.advance(nowMs);
    // A burst is thinned at once; the window's end says whether it goes on.
    this.current = Math.max(this.current, everyFor(this.highest - this.windowBase));
  }

  /** Lets time pass: an earlier burst no longer counts. */
  advance(nowMs: number): void {
    if (this.windowStartMs === undefined) return;
    const elapsedMs = nowMs - this.windowStartMs;
    if (elapsedMs < WINDOW_MS) return;
    this.current = everyFor(((this.highest - this.windowBase) * 1_000) / elapsedMs);
    this.begin(nowMs, this.highest);
  }

  private begin(nowMs: number, base: number): void {
    this.windowStartMs = nowMs;
    this.windowBase = base;
    this.highest = Math.max(this.highest, base);
  }
}

/** The least power of two that leaves at most `SAMPLED_PER_SECOND` of `perSecond` slots. */
export function everyFor(perSecond: number): number {
  if (perSecond <= SAMPLED_PER_SECOND) return 1;
  return 2 ** Math.ceil(Math.log2(perSecond / SAMPLED_PER_SECOND));
}
