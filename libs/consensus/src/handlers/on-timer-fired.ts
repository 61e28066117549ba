import { fetchBatch, onStatusDue } from '../catching-up.js';
import { onCheckpointMissing } from '../checkpointing.js';
import { fallBack } from '../collecting.js';
import { disputeIfDifferent, showProposal } from '../disputes.js';
import { onTransferTime } from '../fetching-state.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';
import type { TimerKey } from '../timers.js';
import { onViewChangeDue } from '../view-change/changing-view.js';
import { onViewChangesMissing } from '../view-change/new-view.js';
import { onNewViewMissing, onRequestWaits } from '../view-change/suspecting.js';
import { isSettled, onStragglersLate, sendVote } from '../voting.js';

/** A timer that this replica set has run out. */
export function onTimerFired(state: ReplicaState, timer: TimerKey): void {
  switch (timer.kind) {
    case 'certificate':
      onCertificateMissing(state, timer);
      return;
    case 'stragglers':
      onStragglersLate(state, timer.view, timer.sequence);
      return;
    case 'fetch':
      onBatchMissing(state, timer);
      return;
    case 'status':
      onStatusDue(state);
      return;
    case 'checkpoint':
      onCheckpointMissing(state, timer.sequence, timer.attempt);
      return;
    case 'transfer':
      onTransferTime(state, timer.attempt);
      return;
    case 'request':
      if (state.active && timer.view === state.view) onRequestWaits(state);
      return;
    case 'new-view':
      onNewViewMissing(state, timer.view);
      return;
    case 'view-change':
      onViewChangeDue(state, timer.view, timer.attempt);
      return;
    case 'fetch-view-changes':
      onViewChangesMissing(state, timer.replica, timer.attempt);
      return;
  }
}

/**
 * No certificate came in time: whatever the collector is doing, the vote goes to everyone now,
 * again and again until the slot moves. A bad collector costs this one wait.
 */
function onCertificateMissing(
  state: ReplicaState,
  timer: Extract<TimerKey, { kind: 'certificate' }>,
): void {
  const slot = state.window.get(timer.sequence);
  if (slot === undefined || isSettled(state, slot)) return;
  const vote = slot.ownVote(timer.phase);
  const stale = !state.active || timer.view !== state.view || vote?.view !== timer.view;
  if (stale || slot.certificate(timer.phase)?.view === timer.view) return;
  if (!slot.fellBack) fallBack(state, slot, timer.phase);
  slot.attempts += 1;
  sendVote(state, slot, timer.phase);
  showAgain(state, slot);
  const afterMs = state.certificateDelay.timeoutMs(slot.attempts);
  state.emit({ kind: 'set-timer', timer, afterMs });
}

/** The primary's pre-prepare may have been lost; a backup's may be disputed by others' votes. */
function showAgain(state: ReplicaState, slot: Slot): void {
  const prePrepare = slot.proposal?.prePrepare;
  if (prePrepare === undefined) return;
  if (prePrepare.replica === state.self) showProposal(state, slot);
  for (const { digest } of slot.votesAgainst(prePrepare.digest)) {
    disputeIfDifferent(state, slot, digest);
  }
}

/** The fetched batch did not come: somebody else is asked, as long as it is wanted. */
function onBatchMissing(
  state: ReplicaState,
  { sequence, digest }: Extract<TimerKey, { kind: 'fetch' }>,
): void {
  const slot = state.window.get(sequence);
  if (slot === undefined || state.hasExecuted(sequence)) return;
  if (slot.fetching?.digest !== digest) return;
  if (slot.batchOf(digest) !== undefined) return;
  const wanted = slot.decidedDigest ?? slot.awaitingBodies?.digest;
  if (wanted !== undefined && wanted !== digest) return;
  const holders = slot.decisive?.proof.signers ?? state.everyone;
  fetchBatch(state, slot, digest, holders);
}
