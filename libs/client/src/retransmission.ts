/**
 * When to send a request again. Pub/sub loses messages, so a client retransmits until it has its
 * answer (PBFT, section 4.1); waiting longer each time keeps a cluster without a quorum from being
 * flooded, jitter keeps many requests from being sent again at one moment.
 */

/** The first wait when decisions come quickly, in milliseconds. */
const MIN_DELAY_MS = 400;
/** The longest wait, in milliseconds. */
const MAX_DELAY_MS = 5000;
/** Part of each wait that is random. */
const JITTER = 0.25;
/** Weights of the newest sample, as for TCP's retransmission timer (RFC 6298). */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;

export class RetransmissionDelay {
  private meanMs: number | undefined;
  private deviationMs = 0;

  /** @param random a number in [0, 1) at each call */
  constructor(private readonly random: () => number) {}

  /**
   * Learns from a decided request, however often it was sent. After a retransmission the time may be
   * too long, as it is unknown which copy was answered; but ignoring it would mean, once decisions
   * take longer than the wait, that everything is sent twice for ever.
   */
  observe(consensusTimeMs: number): void {
    if (this.meanMs === undefined) {
      this.meanMs = consensusTimeMs;
      this.deviationMs = consensusTimeMs / 2;
      return;
    }
    const error = consensusTimeMs - this.meanMs;
    this.meanMs += MEAN_GAIN * error;
    this.deviationMs += DEVIATION_GAIN * (Math.abs(error) - this.deviationMs);
  }

  /** Milliseconds to wait before sending again, after `attempts` retransmissions. */
  delayMs(attempts: number): number {
    const usual = (this.meanMs ?? 0) + 4 * this.deviationMs;
    const first = Math.min(Math.max(usual, MIN_DELAY_MS), MAX_DELAY_MS);
    const grown = Math.min(first * 2 ** Math.min(attempts, 16), MAX_DELAY_MS);
    return grown * (1 - JITTER / 2 + JITTER * this.random());
  }
}
