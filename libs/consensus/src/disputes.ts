/**
 * Showing what the primary signed, so that two of its signatures meet and convict it.
 *
 * Only a primary that signed two pre-prepares for one slot makes honest replicas dispute: what they
 * send then costs n deliveries, once per replica and slot. A liar's hints draw pre-prepares without
 * bodies, and to itself alone.
 *
 * Certificates are on the digest, whoever gathers them, so proposals that differ in the collector
 * alone cannot lead to two decisions. They cost time, in every slot, and honest collectors look as
 * if they failed: hence such a primary is replaced like one that signs two digests.
 */

import { mayAnswer } from './catching-up.js';
import { showEquivocation } from './equivocation.js';
import type { Via } from './input.js';
import type { PrePrepare, SlotVote } from './messages.js';
import type { ReplicaState } from './state/replica-state.js';
import { withBodies, type Slot } from './state/slot.js';
import { startViewChange } from './view-change/changing-view.js';

/** A digest in a message. */
const DIGEST_BYTES = 68;

/** Sends the accepted pre-prepare of `slot` to all, whoever made it. */
export function showProposal(state: ReplicaState, slot: Slot): void {
  if (slot.proposal === undefined) return;
  slot.proposalShown = true;
  state.emit({ kind: 'send', to: { kind: 'all' }, message: withBodies(slot.proposal) });
}

/** A backup shows its proposal once, when `digest` was said or certified instead. */
export function disputeIfDifferent(state: ReplicaState, slot: Slot, digest: string): void {
  const prePrepare = slot.proposal?.prePrepare;
  if (prePrepare === undefined || prePrepare.digest === digest) return;
  if (slot.proposalShown || prePrepare.replica === state.self) return;
  showProposal(state, slot);
}

/** Whoever says that it was told another collector is shown, once, what this replica was told. */
export function disputeCollector(state: ReplicaState, slot: Slot, vote: SlotVote): void {
  const prePrepare = slot.proposal?.prePrepare;
  if (prePrepare === undefined || vote.collector === undefined) return;
  if (vote.view !== prePrepare.view || vote.collector === prePrepare.collector) return;
  if (prePrepare.replica === state.self) return;
  const listed = prePrepare.requests.length * DIGEST_BYTES;
  if (slot.shownTo.has(vote.replica) || !mayAnswer(state, vote.replica, listed, 'certificates'))
    return;
  slot.shownTo.add(vote.replica);
  const to = { kind: 'replica', id: vote.replica } as const;
  state.emit({ kind: 'send', to, message: { ...prePrepare, bodies: [] } });
}

/**
 * Two pre-prepares of one primary for one slot: it is accused, and its view left. All get to see
 * both, so that nobody leaves alone; what came by broadcast, all have.
 */
export function convict(
  state: ReplicaState,
  slot: Slot,
  proposals: readonly [PrePrepare, PrePrepare],
  via: Via,
): void {
  const [accepted, other] = proposals;
  const { view, replica: accused } = accepted;
  if (!slot.reportOnce(`proposals:${view}`)) return;
  state.emit({
    kind: 'evidence',
    evidence: { kind: 'conflicting-proposals', accused, proposals },
  });
  if (view !== state.view || !state.active || accused === state.self) return;
  state.equivocation = [accepted, other];
  showEquivocation(state, via === 'broadcast' ? [accepted] : [accepted, other]);
  startViewChange(state, view + 1, 'primary-equivocates');
}
