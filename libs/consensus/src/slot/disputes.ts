/**
 * Showing what the primary signed, so that two of its signatures meet and convict it.
 *
 * Only a primary that signed two pre-prepares for one slot makes honest replicas dispute: what they
 * send then costs n deliveries, once per replica and slot. A liar's hints draw pre-prepares without
 * bodies, and to itself alone.
 *
 * Certificates are on the digest, not on their collector, so proposals that differ in the collector
 * alone cannot lead to two decisions. They cost time, in every slot, and honest collectors look as
 * if they failed: hence such a primary is replaced like one that signs two digests.
 */

import type { PrePrepare, SlotVote } from '../messages/index.js';
import type { Via } from '../model/input.js';
import { mayAnswer } from '../state/answering.js';
import type { ReplicaState } from '../state/replica-state.js';
import { type Slot, withBodies } from '../state/slot.js';

/** A digest in a message. */
const DIGEST_BYTES = 68;

/** Sends the accepted pre-prepare of `slot` to all, its own or another's. */
export function showProposal(state: ReplicaState, slot: Slot): void {
  if (slot.inView.proposal === undefined) return;
  slot.inView.proposalShown = true;
  state.emit({ kind: 'send', to: { kind: 'all' }, message: withBodies(slot.inView.proposal) });
}

/** A backup shows its proposal once, when `digest` was said or certified instead. */
export function disputeIfDifferent(state: ReplicaState, slot: Slot, digest: string): void {
  const prePrepare = slot.inView.proposal?.prePrepare;
  if (prePrepare === undefined || prePrepare.digest === digest) return;
  if (slot.inView.proposalShown || prePrepare.replica === state.self) return;
  showProposal(state, slot);
}

/** A replica whose vote names another collector is shown, once, the proposal that this replica has. */
export function disputeCollector(state: ReplicaState, slot: Slot, vote: SlotVote): void {
  const prePrepare = slot.inView.proposal?.prePrepare;
  if (prePrepare === undefined || vote.collector === undefined) return;
  if (vote.view !== prePrepare.view || vote.collector === prePrepare.collector) return;
  if (prePrepare.replica === state.self) return;
  const listed = prePrepare.requests.length * DIGEST_BYTES;
  if (
    slot.inView.shownTo.has(vote.replica) ||
    !mayAnswer(state, vote.replica, listed, 'certificates')
  )
    return;
  slot.inView.shownTo.add(vote.replica);
  const to = { kind: 'replica', id: vote.replica } as const;
  state.emit({ kind: 'send', to, message: { ...prePrepare, bodies: [] } });
}

/**
 * Two pre-prepares of one primary for one slot: it is accused, and its view left. All get to see
 * both, so that no replica leaves alone; pre-prepares that came by broadcast need not be sent again.
 */
export function convict(
  state: ReplicaState,
  slot: Slot,
  proposals: readonly [PrePrepare, PrePrepare],
  via: Via,
): void {
  const [accepted, other] = proposals;
  const { view, replica: accused } = accepted;
  if (!slot.convictOnce(view)) return;
  state.emit({
    kind: 'evidence',
    evidence: { kind: 'conflicting-proposals', accused, proposals },
  });
  if (view !== state.view || !state.active || accused === state.self) return;
  state.equivocation = [accepted, other];
  showEquivocation(state, via === 'broadcast' ? [accepted] : [accepted, other]);
}

/**
 * Shows all what convicts the primary whose view was left for it: without bodies, which prove
 * nothing about it. Sent again with the view-change, as long as the next view does not begin.
 */
export function showEquivocation(
  state: ReplicaState,
  proposals: readonly PrePrepare[] = state.equivocation ?? [],
): void {
  for (const prePrepare of proposals) {
    state.emit({ kind: 'send', to: { kind: 'all' }, message: { ...prePrepare, bodies: [] } });
  }
}
