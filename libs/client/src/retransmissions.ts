import type { Clock } from '@ccro/clock';
import type { OutstandingRequest } from './outstanding-request.js';
import type { RetransmissionDelay } from './retransmission.js';

/** What was sent in one message and will be sent again. */
interface Sent {
  readonly together: readonly OutstandingRequest[];
  readonly attempts: number;
  /** Requests among them that wait for their decision. */
  waiting: number;
  readonly cancel: () => void;
}

/** Sends what is not decided again and again: what was sent together has one timer. */
export class Retransmissions {
  private readonly pending = new Set<Sent>();
  private readonly sentWith = new WeakMap<OutstandingRequest, Sent>();

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
    const cancel = this.clock.schedule(this.delay.delayMs(attempts), () => this.sendAgain(sent));
    const sent: Sent = { together, attempts, waiting: together.length, cancel };
    for (const outstanding of together) this.sentWith.set(outstanding, sent);
    this.pending.add(sent);
  }

  /** Sends everything again now. */
  sendAll(): void {
    for (const sent of [...this.pending]) this.sendAgain(sent);
  }

  /** A request does not wait any more. */
  ended(outstanding: OutstandingRequest): void {
    const sent = this.sentWith.get(outstanding);
    if (sent === undefined) return;
    sent.waiting -= 1;
    if (sent.waiting > 0) return;
    sent.cancel();
    this.pending.delete(sent);
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
