import type { Digest, OutgoingMessage, SequenceNumber, View } from '@ccro/consensus';

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

  /** The digest to vote for in the place of a vote on the honest proposal, if there is one. */
  get(vote: Extract<OutgoingMessage, { kind: 'vote' }>): Digest | undefined {
    if (vote.phase === 'checkpoint') return undefined;
    return this.digests.get(`${vote.view}:${vote.sequence}`);
  }
}
