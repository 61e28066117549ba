import type { Digest, ReplicaId } from '../messages/ids.js';
import type { PrePrepare, Request, SlotPhase, Verified } from '../messages/index.js';

/** A pre-prepare that a replica accepted, with the bodies of its requests in order. */
export interface Proposal {
  readonly prePrepare: PrePrepare;
  readonly batch: readonly Request[];
}

/** What is known of a slot in the current view alone: the next view begins with nothing of it. */
export class SlotInView {
  /** A pre-prepare that waits for request bodies; accepted once they are here. */
  awaitingBodies: Verified<PrePrepare> | undefined;
  /** Digests of request bodies that `awaitingBodies` still lacks. */
  readonly missing = new Set<Digest>();
  /** What was accepted. */
  proposal: Proposal | undefined;
  /** Set once the collector is not relied on any more: from then on votes are broadcast. */
  fellBack = false;
  /** Set once this replica itself waited for a certificate in vain. */
  missedCertificate = false;
  /** Set if the broker was away while this slot was under way, or just before: messages on it may be lost. */
  spansOutage = false;
  /** What a quorum voted to prepare, and since when the collector awaits the rest; `slot/voting.ts`. */
  quorum: { readonly digest: Digest; readonly atMs: number } | undefined;
  /** Set once it has waited for them long enough. */
  waitedForAll = false;
  /** How often the current phase's vote was sent again. */
  attempts = 0;
  /** Phases whose certificate went to all, as far as it came here: nobody lacks it for the collector's sake. */
  readonly wentToAll = new Set<SlotPhase>();
  /** Replicas that reminded of this slot: they lack a certificate. */
  readonly reminders = new Set<ReplicaId>();
  /** Set once this replica has shown its accepted pre-prepare to all (see `slot/disputes.ts`). */
  proposalShown = false;
  /** Who was shown it because they were told another collector. */
  readonly shownTo = new Set<ReplicaId>();

  /** True the first time: a gatherer publishes the certificate of a phase once. */
  publishOnce(phase: SlotPhase): boolean {
    if (this.wentToAll.has(phase)) return false;
    this.wentToAll.add(phase);
    return true;
  }
}
