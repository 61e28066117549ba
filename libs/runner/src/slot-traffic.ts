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
 * and replies. Statuses, checkpoints, view changes and help for replicas that catch up belong to no
 * decision.
 *
 * Invariant kept here (bounded memory): a slot's place is its number modulo `MAX_SLOTS`, and of two
 * slots with one place the higher stays. So the `MAX_SLOTS` highest are kept, whatever is published.
 */
export class SlotTraffic {
  private readonly places = new Array<Place>(MAX_SLOTS);

  add(sequence: SequenceNumber, receivers: number, payloadBytes: number): void {
    let place = this.places[sequence % MAX_SLOTS];
    if (place !== undefined && place.sequence > sequence) return;
    if (place?.sequence !== sequence) {
      place = { sequence, published: 0, deliveries: 0, deliveredBytes: 0 };
      this.places[sequence % MAX_SLOTS] = place;
    }
    place.published += 1;
    place.deliveries += receivers;
    place.deliveredBytes += receivers * payloadBytes;
  }

  /** @returns undefined when it published nothing about it, or counts it no longer */
  of(sequence: SequenceNumber): SlotTrafficCount | undefined {
    const place = this.places[sequence % MAX_SLOTS];
    if (place?.sequence !== sequence) return undefined;
    const { published, deliveries, deliveredBytes } = place;
    return { published, deliveries, deliveredBytes };
  }
}

interface Place {
  readonly sequence: SequenceNumber;
  published: number;
  deliveries: number;
  deliveredBytes: number;
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
