import type { Clock } from '@ccro/clock';
import type { VirtualTime } from './virtual-time.js';

/** A node's own clock: it began when the node did, and may go too fast or too slow. */
export class DriftingClock implements Clock {
  private readonly startedMs: number;

  /** @param rate its milliseconds in one of virtual time */
  constructor(
    private readonly time: VirtualTime,
    private readonly rate: number,
  ) {
    this.startedMs = time.now();
  }

  now(): number {
    return (this.time.now() - this.startedMs) * this.rate;
  }

  schedule(afterMs: number, callback: () => void): () => void {
    return this.time.schedule(afterMs / this.rate, callback);
  }
}
