/** From the so-maniest late certificate in a row on they are samples. */
const LATE_IN_A_ROW = 4;
/** Of the usual delay, that one must take before it is missing. */
const PATIENCE = 3;

/**
 * How long to wait for a certificate before broadcasting votes: a smoothed delay plus four mean
 * deviations (the estimator of RFC 6298), but `PATIENCE` times the delay at least, within the
 * configured bounds, doubled per attempt. Where delays hardly vary the deviations alone leave no
 * room for one pause of a process, and broadcasting votes needlessly costs n² deliveries; waiting longer
 * for a collector that failed costs only this slot.
 */
export class CertificateDelay {
  private smoothedMs: number | undefined;
  private deviationMs = 0;
  private lateInARow = 0;

  constructor(
    private readonly initialMs: number,
    private readonly bounds: { readonly min: number; readonly max: number },
  ) {}

  /**
   * Feeds the time one certificate of a collector took. Those that came after the wait was over
   * count when there are several in a row: a single one may be an accident, but ignoring all of them would,
   * once certificates take longer, never wait long enough again.
   */
  observe(delayMs: number, isLate = false): void {
    this.lateInARow = isLate ? this.lateInARow + 1 : 0;
    if (isLate && this.lateInARow < LATE_IN_A_ROW) return;
    if (this.smoothedMs === undefined) {
      this.smoothedMs = delayMs;
      // One sample says little: replicas that share a machine wait for each other in turn.
      this.deviationMs = Math.max(delayMs / 2, this.initialMs / 8);
      return;
    }
    this.deviationMs += (Math.abs(delayMs - this.smoothedMs) - this.deviationMs) / 4;
    this.smoothedMs += (delayMs - this.smoothedMs) / 8;
  }

  /** What a certificate takes as a rule; undefined before the first. */
  get usualMs(): number | undefined {
    return this.smoothedMs;
  }

  /** @param attempt 0 for the first wait */
  timeoutMs(attempt: number): number {
    const base =
      this.smoothedMs === undefined
        ? this.initialMs
        : Math.max(PATIENCE * this.smoothedMs, this.smoothedMs + 4 * this.deviationMs);
    const bounded = Math.min(Math.max(base, this.bounds.min), this.bounds.max);
    return Math.min(bounded * 2 ** attempt, this.bounds.max);
  }
}
