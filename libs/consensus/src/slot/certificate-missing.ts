import type { TimerKey } from '../model/timers.js';
import { sendCertificate } from '../state/answering.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';
import { fallBack, gathererFor } from './collecting.js';
import { disputeIfDifferent, showProposal } from './disputes.js';
import { isSettled, sendVote } from './voting.js';

/**
 * No certificate came in time: the vote is sent to everyone instead, repeatedly until the slot
 * proceeds. A bad collector costs this one wait.
 */
export function onCertificateMissing(
  state: ReplicaState,
  timer: Extract<TimerKey, { kind: 'certificate' }>,
): void {
  const slot = state.window.get(timer.sequence);
  if (slot === undefined || isSettled(state, slot)) return;
  const vote = slot.ownVote(timer.phase);
  const stale = !state.active || timer.view !== state.view || vote?.view !== timer.view;
  if (stale || slot.certificate(timer.phase)?.view === timer.view) return;
  if (!slot.inView.missedCertificate) fallBack(state, slot, timer.phase);
  slot.inView.attempts += 1;
  sendVote(state, slot, timer.phase);
  showAgain(state, slot);
  const afterMs = state.certificateDelay.timeoutMs(slot.inView.attempts);
  state.emit({ kind: 'set-timer', timer, afterMs });
}

/**
 * The collector failed f+1 replicas: their votes alone are not enough, so this one's go to all as well,
 * and who lacks the certificate that it has gets that. Where nobody collects, all were sent the votes.
 */
export function joinFallback(state: ReplicaState, slot: Slot): void {
  if (gathererFor(state, slot) === undefined) return;
  if (!slot.inView.fellBack && !isSettled(state, slot)) {
    slot.inView.fellBack = true;
    for (const phase of ['prepare', 'commit'] as const) {
      if (slot.ownVote(phase)?.view === state.view) sendVote(state, slot, phase);
    }
  }
  const prepared = slot.certificate('prepare');
  const held = slot.decisive ?? (prepared?.view === state.view ? prepared : undefined);
  if (held === undefined) return;
  for (const replica of slot.inView.reminders) {
    if (replica !== state.self) sendCertificate(state, replica, held);
  }
}

/** The primary's pre-prepare may have been lost; a backup's may be disputed by others' votes. */
function showAgain(state: ReplicaState, slot: Slot): void {
  const prePrepare = slot.inView.proposal?.prePrepare;
  if (prePrepare === undefined) return;
  if (prePrepare.replica === state.self) showProposal(state, slot);
  for (const { digest } of slot.votesAgainst(prePrepare.digest)) {
    disputeIfDifferent(state, slot, digest);
  }
}
