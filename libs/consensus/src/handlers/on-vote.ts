import { fetchBatch, sendDecisionsAbove } from '../catching-up.js';
import { reportVoteAgainst } from '../executing.js';
import type { Verified, Vote } from '../messages.js';
import { answersTo } from '../routing/answerers.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';
import { assembleCertificate } from '../voting.js';

/** A prepare or commit vote (PBFT, section 4.2), on its way into a certificate. */
export function onVote(state: ReplicaState, vote: Verified<Vote>): void {
  if (vote.sequence <= state.lastExecuted && vote.attempt > 0) helpStraggler(state, vote);
  if (!state.window.contains(vote.sequence)) {
    if (vote.sequence > state.lastExecuted) state.reject('outside-watermarks', vote.replica);
    return;
  }
  if (vote.view !== state.view) {
    state.reject('wrong-view', vote.replica);
    return;
  }
  const slot = state.window.open(vote.sequence);
  record(state, slot, vote);
  if (slot.executed) return;
  if (vote.attempt > 0 && vote.replica !== state.self) answerReminder(state, slot, vote);
}

function record(state: ReplicaState, slot: Slot, vote: Verified<Vote>): void {
  const outcome = slot.addVote(vote);
  if (outcome === 'known') return;
  if (outcome === 'added') {
    const decided = slot.decidedDigest;
    if (slot.executed && decided !== undefined && decided !== vote.digest) {
      reportVoteAgainst(state, slot, vote, decided);
    }
    assembleCertificate(state, slot, vote.phase, vote.view, vote.digest);
    return;
  }
  state.reject('conflicting-vote', vote.replica);
  if (slot.once('report', `votes:${vote.replica}:${vote.phase}`)) {
    state.emit({ kind: 'evidence', evidence: outcome });
  }
}

/**
 * The sender lacks the certificate of its phase. Who holds it sends it (f+1 of those); who lacks
 * even the proposal asks the sender for it.
 */
function answerReminder(state: ReplicaState, slot: Slot, vote: Verified<Vote>): void {
  const known = slot.proposal ?? slot.awaitingBodies ?? slot.certificate('commit');
  if (known === undefined) {
    if (slot.once('answer', `proposal:${vote.replica}:${vote.attempt}`)) {
      fetchBatch(state, slot.sequence, vote.digest, [vote.replica]);
    }
    return;
  }
  const certificate = slot.certificate('commit') ?? slot.certificate(vote.phase);
  if (certificate === undefined) return;
  if (!answersTo(state.self, vote.replica, vote.attempt, state.size.n)) return;
  if (!slot.once('answer', `${certificate.phase}:${vote.replica}:${vote.attempt}`)) return;
  state.emit({
    kind: 'send',
    to: { kind: 'replica', id: vote.replica },
    message: certificate,
  });
}

/** The sender still works on a slot that was decided long ago. */
function helpStraggler(state: ReplicaState, vote: Verified<Vote>): void {
  if (vote.replica === state.self) return;
  if (!answersTo(state.self, vote.replica, vote.attempt, state.size.n)) return;
  sendDecisionsAbove(state, vote.replica, vote.sequence - 1);
}
