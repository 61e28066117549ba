/**
 * The slots a replica keeps in memory: those between the watermarks (h, h + L], where h is the
 * stable checkpoint (PBFT, section 4.3), and a few below for stragglers.
 *
 * Invariant kept here (bounded memory): a slot outside the watermarks is never created, whatever
 * a peer sends.
 */

import type { SequenceNumber } from '../messages/ids.js';
import { Slot } from './slot.js';

/** Slots kept below the low watermark, so that late votes still find what was decided. */
const RETAINED_SLOTS = 32;

export class SlotWindow {
  private readonly slots = new Map<SequenceNumber, Slot>();
  private low = 0;

  /** @param n number of replicas */
  constructor(
    private readonly size: number,
    private readonly n: number,
  ) {}

  get lowWatermark(): SequenceNumber {
    return this.low;
  }

  get highWatermark(): SequenceNumber {
    return this.low + this.size;
  }

  /** Slots in memory. */
  get count(): number {
    return this.slots.size;
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
    const slot = new Slot(sequence, this.n);
    this.slots.set(sequence, slot);
    return slot;
  }

  /** Moves the low watermark up to a stable checkpoint, and drops what fell out. */
  advance(stable: SequenceNumber): void {
    if (stable <= this.low) return;
    this.low = stable;
    for (const sequence of this.slots.keys()) {
      if (sequence <= stable - RETAINED_SLOTS) this.slots.delete(sequence);
    }
  }

  values(): IterableIterator<Slot> {
    return this.slots.values();
  }
}
