const MISSES = 3;
const COMPLETE = 8;
/** What a slot without them takes away: one that is late now and then is not away. */
const SETBACK = 2;

/** Of what a round of votes takes, that is worth waiting to be spared the next one. */
const ROUND_SHARE = 1 / 4;

/**
 * Whether a collector waits for the votes of all n replicas, and how long. With all of them a slot
 * is decided after one round of votes; the price is a wait wherever a replica is slow or away.
 *
 * Invariant kept here (bounded cost): after `MISSES` slots in a row that waited without success there
 * are no more waits, until all n have voted in most of the slots that followed.
 */
export class FastPath {
  private on = true;
  private misses = 0;
  private complete = 0;
  private lastWasComplete = false;
  private smoothedMs: number | undefined;
  private deviationMs = 0;

  /**
   * @param bounds of the wait, in milliseconds; the upper one for replicas that are close together
   * @param roundMs what a round of votes was measured to take, if it was
   */
  constructor(
    private readonly bounds: { readonly min: number; readonly max: number },
    private readonly roundMs: () => number | undefined = () => undefined,
  ) {}

  get isOn(): boolean {
    return this.on;
  }

  /** How long stragglers are awaited once a quorum voted: as certificate delays are estimated. */
  get waitMs(): number {
    if (this.smoothedMs === undefined) return this.maxMs;
    const usual = this.smoothedMs + 4 * this.deviationMs;
    return Math.min(Math.max(usual, this.bounds.min), this.maxMs);
  }

  /** Votes of replicas that are far apart come apart in proportion to what a round takes. */
  private get maxMs(): number {
    return Math.max(this.bounds.max, (this.roundMs() ?? 0) * ROUND_SHARE);
  }

  /** A quorum voted in a slot. */
  reachedQuorum(): void {
    if (this.on) return;
    this.complete = Math.max(0, this.complete + (this.lastWasComplete ? 1 : -SETBACK));
    this.lastWasComplete = false;
    if (this.complete < COMPLETE) return;
    this.on = true;
    this.misses = 0;
    this.complete = 0;
  }

  /** All n voted in a slot, so long after the quorum. */
  reachedAll(afterQuorumMs: number): void {
    this.lastWasComplete = true;
    this.misses = 0;
    const sample = Math.min(afterQuorumMs, this.maxMs);
    this.deviationMs =
      this.smoothedMs === undefined
        ? sample / 2
        : this.deviationMs + (Math.abs(sample - this.smoothedMs) - this.deviationMs) / 4;
    this.smoothedMs =
      this.smoothedMs === undefined ? sample : this.smoothedMs + (sample - this.smoothedMs) / 8;
  }

  /** A slot waited and did not get the votes of all. */
  missed(): void {
    this.misses += 1;
    if (this.misses < MISSES) return;
    this.on = false;
    this.complete = 0;
    this.lastWasComplete = false;
  }
}
