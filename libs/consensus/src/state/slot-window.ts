/**
 * The slots a replica keeps in memory: (low, low + L], where low trails execution by K.
 *
 * Invariant kept here (bounded memory): a slot outside the watermarks is never created, whatever
 * a peer sends. Stable checkpoints will move the low watermark once they exist; until then it
 * follows local execution, and slots below it are answered from the store.
 */

import type { SequenceNumber } from '../ids.js';
import { Slot } from './slot.js';

export class SlotWindow {
  private readonly slots = new Map<SequenceNumber, Slot>();
  private low = 0;

  constructor(
    private readonly size: number,
    private readonly retained: number,
  ) {}

  get lowWatermark(): SequenceNumber {
    return this.low;
  }

  get highWatermark(): SequenceNumber {
    return this.low + this.size;
  }

  contains(sequence: SequenceNumber): boolean {
    return sequence > this.low && sequence <= this.highWatermark;
  }

  get(sequence: SequenceNumber): Slot | undefined {
    return this.slots.get(sequence);
  }

  /** The slot at `sequence`, made on first use. Call only inside the watermarks. */
  open(sequence: SequenceNumber): Slot {
    const existing = this.slots.get(sequence);
    if (existing !== undefined) return existing;
    const slot = new Slot(sequence);
    this.slots.set(sequence, slot);
    return slot;
  }

  /** Moves the watermarks after `lastExecuted` executed, and drops what fell out. */
  advance(lastExecuted: SequenceNumber): void {
    const low = Math.max(this.low, lastExecuted - this.retained);
    for (let sequence = this.low + 1; sequence <= low; sequence += 1) this.slots.delete(sequence);
    this.low = low;
  }

  /** The highest sequence number for which anything is known, or the low watermark. */
  highestOpen(): SequenceNumber {
    let highest = this.low;
    for (const sequence of this.slots.keys()) highest = Math.max(highest, sequence);
    return highest;
  }

  values(): IterableIterator<Slot> {
    return this.slots.values();
  }
}
