/**
 * Slots that were under way when this replica stopped, or when its broker went away: what was sent
 * meanwhile, by whomever, may be lost.
 *
 * Invariant kept here: nobody is blamed for what was lost. On a slot that spans an outage no wait and no
 * reminder says that its collector failed, and no time is measured.
 */

import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';
import { gathererFor } from './collecting.js';
import { showProposal } from './disputes.js';
import { onBatchMissing } from './fetching-batches.js';
import { assembleCertificate, isSettled, sendVote, waitForCertificate } from './voting.js';

/** Says again what others need, and waits for certificates of what this replica voted for. */
export function resumeSlot(state: ReplicaState, slot: Slot): void {
  if (state.isPrimary) showProposal(state, slot);
  for (const phase of ['prepare', 'commit'] as const) {
    const waits = slot.certificate(phase)?.view !== state.view;
    if (!waits || slot.ownVote(phase)?.view !== state.view) continue;
    sendVote(state, slot, phase);
    waitForCertificate(state, slot, phase);
  }
}

/** The broker is back: votes go to all, as their collector may have published already. */
export function resumeAfterOutage(state: ReplicaState): void {
  for (const slot of state.window.values()) {
    const { sequence, fetching } = slot;
    if (state.hasExecuted(sequence)) continue;
    if (fetching !== undefined) {
      onBatchMissing(state, { kind: 'fetch', sequence, digest: fetching.digest });
    }
    const isUnderWay = slot.inView.proposal !== undefined && !isSettled(state, slot);
    if (state.active && isUnderWay) voteAgain(state, slot);
  }
}

function voteAgain(state: ReplicaState, slot: Slot): void {
  slot.inView.spansOutage = true;
  slot.forgetWhenCast();
  if (gathererFor(state, slot) !== undefined) slot.inView.fellBack = true;
  resumeSlot(state, slot);
  // Votes that a collector waited for may be lost as well.
  const { quorum } = slot.inView;
  if (quorum !== undefined) assembleCertificate(state, slot, 'prepare', state.view, quorum.digest);
}
