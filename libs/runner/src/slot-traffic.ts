import type { OutgoingMessage, SequenceNumber } from '@ccro/consensus';

/** What a replica published about one slot. */
export interface SlotTrafficCount {
  /** Messages that the broker accepted. */
  readonly published: number;
  /** The same, once for each receiver. */
  readonly deliveries: number;
  /** Payload bytes, once for each receiver. */
  readonly deliveredBytes: number;
}

/** Slots that are counted at a time: reports are about the newest. */
const MAX_SLOTS = 256;

/**
 * Counts what this replica publishes about each of the newest slots: proposal, votes, certificates
 * and replies. What it says of itself, of checkpoints and views, or to those that catch up belongs
 * to no decision.
 *
 * Invariant kept here (bounded memory): the highest slots are kept, whatever is published.
 */
export class SlotTraffic {
  private readonly bySlot = new Map<SequenceNumber, SlotTrafficCount>();

  add(sequence: SequenceNumber, receivers: number, payloadBytes: number): void {
    const known = this.bySlot.get(sequence);
    this.bySlot.set(sequence, {
      published: (known?.published ?? 0) + 1,
      deliveries: (known?.deliveries ?? 0) + receivers,
      deliveredBytes: (known?.deliveredBytes ?? 0) + receivers * payloadBytes,
    });
    if (known === undefined && this.bySlot.size > MAX_SLOTS) {
      this.bySlot.delete(Math.min(...this.bySlot.keys()));
    }
  }

  /** @returns undefined when it published nothing about it, or counts it no longer */
  of(sequence: SequenceNumber): SlotTrafficCount | undefined {
    return this.bySlot.get(sequence);
  }
}

/** The slot whose decision a message belongs to, if it does to one. */
export function decisionOf(message: OutgoingMessage): SequenceNumber | undefined {
  switch (message.kind) {
    case 'pre-prepare':
      return message.sequence;
    case 'vote':
    case 'certificate':
      return message.phase === 'checkpoint' ? undefined : message.sequence;
    case 'reply':
      return message.results[0]?.sequence;
    default:
      return undefined;
  }
}
