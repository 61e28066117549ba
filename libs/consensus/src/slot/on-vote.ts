import type { SlotVote, Verified, Vote } from '../messages/index.js';
import { answersTo } from '../routing/answerers.js';
import { sendCertificate, sendDecisionsAbove } from '../state/answering.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';
import { keepEarly } from '../state/waiting-for-view.js';
import { joinFallback } from './certificate-missing.js';
import { noteReminder } from './collecting.js';
import { disputeCollector } from './disputes.js';
import { reportVoteAgainst } from './executing.js';
import { fetchBatch } from './fetching-batches.js';
import { assembleCertificate, noteAllVoted } from './voting.js';

/** A prepare or commit vote (PBFT, section 4.2), on its way into a certificate. */
export function onVote(state: ReplicaState, vote: Verified<SlotVote>): void {
  if (keepEarly(state, vote, 'direct')) return;
  const reminds = vote.attempt > 0 && vote.replica !== state.self;
  if (reminds) helpStraggler(state, vote);
  const refusal = slotVoteRefusal(state, vote);
  if (refusal !== undefined) {
    const isOld = refusal === 'outside-watermarks' && state.hasExecuted(vote.sequence);
    if (!isOld) state.reject(refusal, vote.replica);
    return;
  }
  const slot = state.window.open(vote.sequence);
  const consistent = record(state, slot, vote);
  if (!reminds || !consistent) return;
  if (noteReminder(state, slot, vote.phase, vote.replica)) joinFallback(state, slot);
  disputeCollector(state, slot, vote);
  if (!state.hasExecuted(slot.sequence)) answerReminder(state, slot, vote);
}

/** Why a vote on a slot does not count, whatever it says; undefined when it does. */
export function slotVoteRefusal(
  state: ReplicaState,
  { sequence, view }: Vote,
): 'outside-watermarks' | 'wrong-view' | undefined {
  if (!state.window.contains(sequence)) return 'outside-watermarks';
  return view !== state.view || !state.active ? 'wrong-view' : undefined;
}

/** @returns false when the signer contradicts itself: such a vote gets no answer */
function record(state: ReplicaState, slot: Slot, vote: Verified<SlotVote>): boolean {
  const outcome = slot.addVote(vote);
  if (outcome === 'known') return true;
  if (outcome === 'added') {
    // What comes before it executes is reported then.
    const decisive = state.hasExecuted(slot.sequence) ? slot.decisive : undefined;
    if (decisive !== undefined && decisive.digest !== vote.digest) {
      reportVoteAgainst(state, slot, vote, decisive);
    }
    noteAllVoted(state, slot, vote);
    assembleCertificate(state, slot, vote.phase, vote.view, vote.digest);
    return true;
  }
  state.reject('conflicting-vote', vote.replica);
  if (slot.catchOnce(vote)) state.emit({ kind: 'evidence', evidence: outcome });
  return false;
}

/**
 * The sender lacks the certificate of its phase. Replicas that have it send it (f+1 of them); a replica
 * that lacks even the proposal asks the sender for it, once f+1 replicas name the same digest: one of
 * them is honest.
 */
function answerReminder(state: ReplicaState, slot: Slot, vote: Verified<SlotVote>): void {
  const certificate = slot.decisive ?? slot.certificate(vote.phase);
  if (
    certificate !== undefined &&
    (certificate === slot.decisive || certificate.view >= vote.view)
  ) {
    if (!answersTo(state.self, vote.replica, vote.attempt, state.size.n)) return;
    sendCertificate(state, vote.replica, certificate);
    return;
  }
  // A proposal whose bodies are missing is fetched, too.
  if (slot.inView.proposal !== undefined || slot.fetching !== undefined) return;
  const voters = slot.votesFor(vote.phase, vote.view, vote.digest);
  if (voters.length < state.size.weakQuorum) return;
  fetchBatch(
    state,
    slot,
    vote.digest,
    voters.map(({ replica }) => replica),
  );
}

/** If the sender still works on a slot that executed long ago, it gets what was decided since. */
function helpStraggler(state: ReplicaState, vote: Verified<Vote>): void {
  if (!answersTo(state.self, vote.replica, vote.attempt, state.size.n)) return;
  if (state.hasExecuted(vote.sequence))
    state.attention.count('reminder', vote.replica, state.nowMs);
  sendDecisionsAbove(state, vote.replica, vote.sequence - 1);
}
