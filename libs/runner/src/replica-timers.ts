import { timerName, type TimerKey } from '@ccro/consensus';
import type { Clock } from '@ccro/clock';

/** The timers a replica has asked for; setting one again replaces it. */
export class ReplicaTimers {
  private readonly cancels = new Map<string, () => void>();

  constructor(
    private readonly clock: Clock,
    private readonly onFired: (timer: TimerKey) => void,
  ) {}

  set(timer: TimerKey, afterMs: number): void {
    const name = timerName(timer);
    this.cancels.get(name)?.();
    const cancel = this.clock.schedule(afterMs, () => {
      this.cancels.delete(name);
      this.onFired(timer);
    });
    this.cancels.set(name, cancel);
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
