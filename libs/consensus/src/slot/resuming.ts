/**
 * Slots that were under way when this replica stopped, or when its broker went away: what was sent
 * meanwhile, by whomever, may be lost.
 *
 * Invariant kept here: nobody is blamed for what was lost. On a slot that spans an outage, or begins just
 * after it when others may not be back, no wait and no reminder is evidence against its collector or a
 * reason to suspect the primary, and no time is measured. Another collector may be named: that accuses no one.
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

/**
 * The broker is back, or this replica takes part again: votes go to all, as their collector may have
 * published already.
 */
export function resumeAfterOutage(state: ReplicaState): void {
  state.backAtMs = state.nowMs;
  for (const slot of state.window.values()) {
    const { sequence, fetching } = slot;
    if (fetching !== undefined) {
      onBatchMissing(state, { kind: 'fetch', sequence, digest: fetching.digest });
    }
    if (state.active && !isSettled(state, slot)) voteAgain(state, slot);
  }
}

function voteAgain(state: ReplicaState, slot: Slot): void {
  const { inView } = slot;
  // Where the broker comes and goes, votes are reminders at last, which are answered.
  if (inView.spansOutage) inView.attempts += 1;
  inView.spansOutage = true;
  const gatherer = gathererFor(state, slot);
  if (gatherer !== undefined) inView.fellBack = true;
  resumeSlot(state, slot);
  const prepared = slot.certificate('prepare');
  if (gatherer === state.self && prepared?.view === state.view) {
    state.emit({ kind: 'send', to: { kind: 'all' }, message: prepared });
  }
  // Votes that a collector waited for may be lost as well.
  const { quorum } = inView;
  if (quorum !== undefined) assembleCertificate(state, slot, 'prepare', state.view, quorum.digest);
}
