import { timerName, type TimerKey } from '@ccro/consensus';
import type { Clock } from '@ccro/clock';

/** Lateness below which the event loop was merely busy, ms. */
const TOLERATED_LATENESS_MS = 10;

/**
 * The timers a replica has asked for; setting one again replaces it.
 *
 * One that is late says that this process stood still, not that others kept it waiting: what they
 * sent meanwhile is still unread. So it gets as much time again as it was late, at most once and
 * never more than it had.
 */
export class ReplicaTimers {
  private readonly cancels = new Map<string, () => void>();

  constructor(
    private readonly clock: Clock,
    private readonly onFired: (timer: TimerKey) => void,
  ) {}

  set(timer: TimerKey, afterMs: number): void {
    const name = timerName(timer);
    this.cancels.get(name)?.();
    const dueMs = this.clock.now() + afterMs;
    const fire = (): void => {
      this.cancels.delete(name);
      this.onFired(timer);
    };
    const fireUnlessLate = (): void => {
      const lateMs = this.clock.now() - dueMs;
      if (lateMs <= Math.max(TOLERATED_LATENESS_MS, afterMs / 4)) fire();
      else this.cancels.set(name, this.clock.schedule(Math.min(lateMs, afterMs), fire));
    };
    this.cancels.set(name, this.clock.schedule(afterMs, fireUnlessLate));
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
