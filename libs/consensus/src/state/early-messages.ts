/**
 * Messages of views that have not begun here but are about to: the replicas that entered earlier do not
 * repeat what they said meanwhile.
 *
 * Invariant kept here (bounded memory): of a view one proposal a slot, one vote a slot, phase and replica,
 * and one certificate a slot and phase; each view has an equal part of the bytes, so that what one primary
 * makes up takes no place from what another says.
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

/** Bytes of what is kept of all views together, at most; what is beyond is lost. */
const MAX_EARLY_BYTES = 16 * 1024 * 1024;

/** What is of use in its own view only. */
export type OfView = PrePrepare | SlotVote | SlotCertificate;

export interface EarlyMessage {
  readonly kind: 'message';
  readonly message: Verified<OfView>;
  readonly via: Via;
}

interface EarlyInView {
  bytes: number;
  /** In the order they came. */
  readonly messages: Map<string, EarlyMessage>;
}

export class EarlyMessages {
  private readonly views = new Map<View, EarlyInView>();

  /** @param n replicas, each of which may say that a view begins, besides the view that this one waits for */
  constructor(private readonly n: number) {}

  has(message: PrePrepare | Vote | Certificate): boolean {
    return this.views.get(message.view)?.messages.has(nameOf(message)) === true;
  }

  /** @returns false if there is no room for it, or one like it is here already */
  keep(message: Verified<OfView>, via: Via): boolean {
    const inView = this.views.get(message.view) ?? { bytes: 0, messages: new Map() };
    const bytes = inView.bytes + messageBytes(message);
    if (this.has(message) || bytes > MAX_EARLY_BYTES / (this.n + 1)) return false;
    inView.bytes = bytes;
    inView.messages.set(nameOf(message), { kind: 'message', message, via });
    this.views.set(message.view, inView);
    return true;
  }

  /** Takes out the first that came of `view`. */
  next(view: View): EarlyMessage | undefined {
    if (this.views.size === 0) return undefined;
    const inView = this.views.get(view);
    for (const [name, first] of inView?.messages ?? []) {
      inView?.messages.delete(name);
      return first;
    }
    this.views.delete(view);
    return undefined;
  }

  /** Forgets the views for which `isComing` is false. */
  keepOnly(isComing: (view: View) => boolean): void {
    for (const view of this.views.keys()) if (!isComing(view)) this.views.delete(view);
  }
}

function nameOf(message: PrePrepare | Vote | Certificate): string {
  const { kind, sequence } = message;
  if (kind === 'pre-prepare') return `${kind}/${sequence}`;
  const signer = kind === 'vote' ? message.replica : '';
  return `${kind}/${sequence}/${message.phase}/${signer}`;
}
