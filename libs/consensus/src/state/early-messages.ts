/**
 * Messages of the view that a replica waits for: others that entered it earlier do not repeat what they
 * said meanwhile.
 *
 * Invariant kept here (bounded memory): of one view only, the last that something came of; in it one
 * proposal a slot, up to a number of bytes, one vote a slot, phase and replica, and one certificate a slot,
 * phase and way. So nobody takes the place of another's votes.
 */

import type { View } from '../messages/ids.js';
import type {
  Certificate,
  PrePrepare,
  SlotCertificate,
  SlotVote,
  Verified,
  Vote,
} from '../messages/index.js';
import type { Via } from '../model/input.js';
import { messageBytes } from '../model/message-size.js';

/** Bytes of the proposals that are kept, at most; what is beyond is lost. */
const MAX_EARLY_BYTES = 16 * 1024 * 1024;

/** What is of use in its own view only. */
export type OfView = PrePrepare | SlotVote | SlotCertificate;

export interface EarlyMessage {
  readonly kind: 'message';
  readonly message: Verified<OfView>;
  readonly via: Via;
}

export class EarlyMessages {
  private view: View = 0;
  private bytes = 0;
  /** In the order they came. */
  private readonly messages = new Map<string, EarlyMessage>();

  /** Whether one like it is not here and there is room. */
  hasRoomFor(message: PrePrepare | Vote | Certificate, via: Via): boolean {
    if (message.view !== this.view) return true;
    if (this.messages.has(nameOf(message, via))) return false;
    return this.bytes + proposalBytes(message) <= MAX_EARLY_BYTES;
  }

  /** Takes what there is room for; what came of another view is forgotten. */
  keep(message: Verified<OfView>, via: Via): void {
    if (message.view !== this.view) this.clear();
    this.view = message.view;
    this.bytes += proposalBytes(message);
    this.messages.set(nameOf(message, via), { kind: 'message', message, via });
  }

  /** Takes out the first that came of `view`; what came of another is forgotten. */
  next(view: View): EarlyMessage | undefined {
    if (view !== this.view) this.clear();
    for (const [name, first] of this.messages) {
      this.messages.delete(name);
      return first;
    }
    this.bytes = 0;
    return undefined;
  }

  private clear(): void {
    this.messages.clear();
    this.bytes = 0;
  }
}

function proposalBytes(message: PrePrepare | Vote | Certificate): number {
  return message.kind === 'pre-prepare' ? messageBytes(message) : 0;
}

function nameOf(message: PrePrepare | Vote | Certificate, via: Via): string {
  const { kind, sequence } = message;
  switch (message.kind) {
    case 'pre-prepare':
      return `${kind}/${sequence}`;
    case 'vote':
      return `${kind}/${sequence}/${message.phase}/${message.replica}`;
    case 'certificate':
      return `${kind}/${sequence}/${message.phase}/${via}`;
  }
}
