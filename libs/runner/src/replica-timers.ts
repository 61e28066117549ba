import { timerName, type TimerKey } from '@ccro/consensus';
import type { Clock } from '@ccro/clock';

/** Lateness below which the event loop was merely busy, ms. */
const TOLERATED_LATENESS_MS = 10;

/** Of the time a timer had: lateness below which it is not extended. */
const TOLERATED_SHARE = 1 / 4;

/** How soon it is asked again whether all is read, ms; then after twice as long each time. */
const FIRST_LOOK_MS = 1;

/**
 * The timers a replica has asked for; setting one again replaces it.
 *
 * A timer that fires late shows that this process stood still, and one that fires while messages are
 * unread that it is behind; neither shows that others are slow. So it is extended: by as much as it was
 * late, and until all is read, but at most to twice its time, however many messages arrive.
 */
export class ReplicaTimers {
  private readonly cancels = new Map<string, () => void>();

  constructor(
    private readonly clock: Clock,
    private readonly onFired: (timer: TimerKey) => void,
    private readonly hasUnread: () => boolean,
  ) {}

  set(timer: TimerKey, afterMs: number): void {
    const name = timerName(timer);
    this.cancels.get(name)?.();
    let lookMs = FIRST_LOOK_MS;
    const wait = (forMs: number, spareMs: number): void => {
      const dueMs = this.clock.now() + forMs;
      const onDue = (): void => {
        const lateMs = this.clock.now() - dueMs;
        const stoodStill = lateMs > Math.max(TOLERATED_LATENESS_MS, afterMs * TOLERATED_SHARE);
        const neededMs = Math.max(stoodStill ? lateMs : 0, this.hasUnread() ? lookMs : 0);
        const againMs = Math.min(neededMs, spareMs);
        if (againMs > 0) {
          lookMs *= 2;
          wait(againMs, Math.max(0, spareMs - againMs - lateMs));
          return;
        }
        this.cancels.delete(name);
        this.onFired(timer);
      };
      this.cancels.set(name, this.clock.schedule(forMs, onDue));
    };
    wait(afterMs, afterMs);
  }

  cancel(timer: TimerKey): void {
    const name = timerName(timer);
    this.cancels.get(name)?.();
    this.cancels.delete(name);
  }

  cancelAll(): void {
    for (const cancel of this.cancels.values()) cancel();
    this.cancels.clear();
  }
}
