/**
 * When to send a request again. Pub/sub loses messages, so a client retransmits until it has its
 * answer (PBFT, section 4.1); waiting longer each time keeps a cluster without a quorum from being
 * flooded, jitter keeps many requests from being sent again at one moment.
 */

import type { Clock } from '@ccro/clock';
import type { OutstandingRequest } from './outstanding-request.js';

/** The first wait when decisions come quickly, in milliseconds. */
const MIN_DELAY_MS = 400;
/** The longest wait, in milliseconds. */
const MAX_DELAY_MS = 5000;
/** Part of each wait that is random. */
const JITTER = 0.25;
/** Weights of the newest sample, as for TCP's retransmission timer (RFC 6298). */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
/** While other requests are decided, one that waits is sent again after so many times the wait. */
const PATIENCE = 4;
/** In milliseconds, and after this time at the latest. */
const MAX_PATIENCE_MS = 5000;

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

/** What was sent in one message and will be sent again. */
interface Sent {
  readonly together: readonly OutstandingRequest[];
  readonly attempts: number;
  readonly sentAtMs: number;
  readonly delayMs: number;
  /** Requests among them that wait for their decision. */
  waiting: number;
  cancel: () => void;
}

/**
 * Sends what is not decided again and again: what was sent together has one timer.
 *
 * Repeated requests are a further load on a busy cluster. So as long as decisions come in, a pending
 * request is taken to be queued, not lost, and the wait is a few times longer.
 */
export class Retransmissions {
  private readonly pending = new Set<Sent>();
  private readonly sentWith = new WeakMap<OutstandingRequest, Sent>();
  private progressAtMs = -Infinity;

  /** @param send sends those of the requests that still wait once more, and returns them */
  constructor(
    private readonly clock: Clock,
    private readonly delay: RetransmissionDelay,
    private readonly send: (
      together: readonly OutstandingRequest[],
    ) => readonly OutstandingRequest[],
  ) {}

  /** Sends requests that were just sent again in time. @param attempts retransmissions so far */
  schedule(together: readonly OutstandingRequest[], attempts = 0): void {
    const sent: Sent = {
      together,
      attempts,
      sentAtMs: this.clock.now(),
      delayMs: this.delay.delayMs(attempts),
      waiting: together.length,
      cancel: () => undefined,
    };
    sent.cancel = this.clock.schedule(sent.delayMs, () => this.onTime(sent));
    for (const outstanding of together) this.sentWith.set(outstanding, sent);
    this.pending.add(sent);
  }

  /** Sends everything again now. */
  sendAll(): void {
    for (const sent of [...this.pending]) this.sendAgain(sent);
  }

  /** A request was decided. */
  decided(outstanding: OutstandingRequest): void {
    this.progressAtMs = this.clock.now();
    this.ended(outstanding);
  }

  /** A request does not wait any more; that may be said again. */
  ended(outstanding: OutstandingRequest): void {
    const sent = this.sentWith.get(outstanding);
    if (sent === undefined) return;
    this.sentWith.delete(outstanding);
    sent.waiting -= 1;
    if (sent.waiting > 0) return;
    sent.cancel();
    this.pending.delete(sent);
  }

  private onTime(sent: Sent): void {
    const { sentAtMs, delayMs } = sent;
    const progressMs = this.progressAtMs + delayMs - this.clock.now();
    const limitMs = Math.max(delayMs, Math.min(PATIENCE * delayMs, MAX_PATIENCE_MS));
    const patienceMs = sentAtMs + limitMs - this.clock.now();
    const moreMs = Math.min(progressMs, patienceMs);
    if (moreMs <= 0) this.sendAgain(sent);
    else sent.cancel = this.clock.schedule(moreMs, () => this.onTime(sent));
  }

  private sendAgain(sent: Sent): void {
    sent.cancel();
    this.pending.delete(sent);
    const waiting = this.send(sent.together);
    if (waiting.length === 0) return;
    for (const outstanding of waiting) outstanding.attempts += 1;
    this.schedule(waiting, sent.attempts + 1);
  }
}
