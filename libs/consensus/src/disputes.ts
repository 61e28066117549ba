/**
 * Showing what the primary signed, so that two of its signatures meet and convict it.
 *
 * Only a primary that signed two digests for one slot makes honest replicas dispute: what they
 * send then costs n deliveries, once per replica and slot.
 */

import type { ReplicaState } from './state/replica-state.js';
import { withBodies, type Slot } from './state/slot.js';

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
