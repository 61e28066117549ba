import { armStatusTimer, broadcastStatus, fetchBatch, isLagging } from '../catching-up.js';
import type { ReplicaState } from '../state/replica-state.js';
import { withBodies, type Slot } from '../state/slot.js';
import type { TimerKey } from '../timers.js';
import { collectorFor, sendVote } from '../voting.js';

/** A timer that this replica set has run out. */
export function onTimerFired(state: ReplicaState, timer: TimerKey): void {
  switch (timer.kind) {
    case 'certificate':
      onCertificateMissing(state, timer);
      return;
    case 'fetch':
      onBatchMissing(state, timer);
      return;
    case 'status':
      onStatusDue(state);
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
  if (slot === undefined || slot.decidedDigest !== undefined) return;
  const vote = slot.ownVote(timer.phase);
  const stale = timer.view !== state.view || vote?.view !== timer.view;
  if (stale || slot.certificate(timer.phase)?.view === timer.view) return;
  if (!slot.fellBack) passOverCollector(state, slot, timer);
  slot.attempts += 1;
  sendVote(state, slot, timer.phase);
  showProposal(state, slot);
  const afterMs = state.certificateDelay.timeoutMs(slot.attempts);
  state.emit({ kind: 'set-timer', timer, afterMs });
}

/** Falls back to broadcast on this slot; the primary names the next collector for later ones. */
function passOverCollector(
  state: ReplicaState,
  slot: Slot,
  { view, sequence, phase }: Extract<TimerKey, { kind: 'certificate' }>,
): void {
  slot.fellBack = true;
  const accused = state.dependencies.router.gatherer(collectorFor(state, slot));
  if (accused === undefined || accused === state.self) return;
  const evidence = { kind: 'collector-failed', accused, view, sequence, phase } as const;
  state.emit({ kind: 'evidence', evidence });
  if (state.isPrimary && accused === state.nextCollector) state.collectorShift += 1;
}

/**
 * Sends the signed pre-prepare of a stalled slot to all: the primary every time, since it may
 * have been lost; a backup once, when votes for another digest show that the primary may have
 * told others something else. Two of its signatures then meet somewhere and convict it.
 */
function showProposal(state: ReplicaState, slot: Slot): void {
  const { proposal } = slot;
  if (proposal === undefined) return;
  const { prePrepare } = proposal;
  const disputed = slot.votesAgainst(prePrepare.digest).length > 0 && !slot.proposalShown;
  if (prePrepare.replica !== state.self && !disputed) return;
  slot.proposalShown = true;
  state.emit({ kind: 'send', to: { kind: 'all' }, message: withBodies(proposal) });
}

function onBatchMissing(
  state: ReplicaState,
  { sequence, digest }: Extract<TimerKey, { kind: 'fetch' }>,
): void {
  const slot = state.window.get(sequence);
  if (slot === undefined || slot.executed || slot.batchOf(digest) !== undefined) return;
  const wanted = slot.decidedDigest ?? slot.awaitingBodies?.digest;
  if (wanted !== undefined && wanted !== digest) return;
  slot.attempts += 1;
  const everyone = Array.from({ length: state.size.n }, (_, replica) => replica);
  const holders = slot.certificate('commit')?.proof.signers ?? everyone;
  fetchBatch(state, sequence, digest, holders, slot.attempts);
}

function onStatusDue(state: ReplicaState): void {
  const { recovery } = state;
  const idle = recovery.executedAtLastStatus === state.lastExecuted;
  const starting = state.isPrimary && !recovery.mayPropose(state.lastExecuted);
  if (isLagging(state) || idle || starting) broadcastStatus(state);
  recovery.executedAtLastStatus = state.lastExecuted;
  armStatusTimer(state);
}
