import type { Digest, SequenceNumber, View } from '@ccro/consensus';
import type { OutgoingSend } from '../behaviour.js';

/** Slots whose other proposal is remembered: more than are ever in flight. */
const REMEMBERED_SLOTS = 512;

type Place = { readonly view: View; readonly sequence: SequenceNumber };

/** What a lying primary proposed in a slot beside or instead of its honest proposal. */
export class ProposedInstead {
  private readonly digests = new Map<string, Digest>();

  set({ view, sequence }: Place, digest: Digest): void {
    this.digests.set(`${view}:${sequence}`, digest);
    if (this.digests.size <= REMEMBERED_SLOTS) return;
    for (const oldest of this.digests.keys()) {
      this.digests.delete(oldest);
      return;
    }
  }

  /** A vote on an honest proposal as one on the other; anything else is left as it is. */
  votedFor(send: OutgoingSend): OutgoingSend {
    const { message } = send;
    if (message.kind !== 'vote' || message.phase === 'checkpoint') return send;
    const digest = this.digests.get(`${message.view}:${message.sequence}`);
    return digest === undefined ? send : { ...send, message: { ...message, digest } };
  }
}
