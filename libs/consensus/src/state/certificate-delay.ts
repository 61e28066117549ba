/**
 * How long to wait for a certificate before broadcasting votes: a smoothed delay plus four mean
 * deviations (the estimator of RFC 6298), within the configured bounds, doubled per attempt.
 */
export class CertificateDelay {
  private smoothedMs: number | undefined;
  private deviationMs = 0;

  constructor(
    private readonly initialMs: number,
    private readonly bounds: { readonly min: number; readonly max: number },
  ) {}

  /** Feeds the time one certificate took. Slots that fell back are not samples (Karn). */
  observe(delayMs: number): void {
    if (this.smoothedMs === undefined) {
      this.smoothedMs = delayMs;
      // One sample says little: replicas that share a machine wait for each other in turn.
      this.deviationMs = Math.max(delayMs / 2, this.initialMs / 8);
      return;
    }
    this.deviationMs += (Math.abs(delayMs - this.smoothedMs) - this.deviationMs) / 4;
    this.smoothedMs += (delayMs - this.smoothedMs) / 8;
  }

  /** @param attempt 0 for the first wait */
  timeoutMs(attempt: number): number {
    const base =
      this.smoothedMs === undefined ? this.initialMs : this.smoothedMs + 4 * this.deviationMs;
    const bounded = Math.min(Math.max(base, this.bounds.min), this.bounds.max);
    return Math.min(bounded * 2 ** attempt, this.bounds.max);
  }
}
