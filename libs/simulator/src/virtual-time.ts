import { soon, type Clock } from '@ccro/clock';

interface ScheduledEvent {
  readonly atMs: number;
  /** Ties run in the order they were scheduled. */
  readonly order: number;
  readonly run: () => void;
  cancelled: boolean;
}

/**
 * Virtual time: a queue of events that runs as fast as it can, always in the same order.
 *
 * Invariant kept here (determinism): an event begins when every promise that the one before
 * resolved has been dealt with, however many it led to.
 */
export class VirtualTime implements Clock {
  /** Events run so far. */
  events = 0;
  private readonly heap: ScheduledEvent[] = [];
  private currentMs = 0;
  private scheduled = 0;

  now(): number {
    return this.currentMs;
  }

  schedule(afterMs: number, run: () => void): () => void {
    const event: ScheduledEvent = {
      atMs: this.currentMs + Math.max(0, afterMs),
      order: this.scheduled,
      run,
      cancelled: false,
    };
    this.scheduled += 1;
    this.push(event);
    return () => {
      event.cancelled = true;
    };
  }

  /**
   * Runs events until `done` holds or `limitMs` of virtual time have passed.
   *
   * @returns whether `done` held
   */
  async runUntil(done: () => boolean, limitMs: number): Promise<boolean> {
    const endMs = this.currentMs + limitMs;
    while (!done()) {
      const event = this.pop();
      if (event === undefined || event.atMs > endMs) {
        if (event !== undefined) this.push(event);
        this.currentMs = endMs;
        return false;
      }
      if (event.cancelled) continue;
      this.currentMs = event.atMs;
      this.events += 1;
      event.run();
      await settle();
    }
    return true;
  }

  private push(event: ScheduledEvent): void {
    const { heap } = this;
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!precedes(heap[index], heap[parent])) break;
      this.swap(index, parent);
      index = parent;
    }
  }

  private pop(): ScheduledEvent | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (heap.length > 0 && last !== undefined) {
      heap[0] = last;
      this.sink();
    }
    return first;
  }

  private sink(): void {
    const { heap } = this;
    let index = 0;
    for (;;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (precedes(heap[child], heap[least])) least = child;
      }
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }

  private swap(a: number, b: number): void {
    const first = this.heap[a];
    const second = this.heap[b];
    if (first === undefined || second === undefined) return;
    this.heap[a] = second;
    this.heap[b] = first;
  }
}

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

function precedes(a: ScheduledEvent | undefined, b: ScheduledEvent | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}

/** Until all promises that could be kept have been. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    soon(resolve);
  });
}
