import { fetchBatch, mayAnswer, sendDecisionsAbove } from '../catching-up.js';
import { noteReminder } from '../collecting.js';
import { disputeCollector } from '../disputes.js';
import { reportVoteAgainst } from '../executing.js';
import { onCheckpointVote } from '../checkpointing.js';
import { certificateBytes } from '../message-size.js';
import { isSlotVote, type SlotVote, type Verified, type Vote } from '../messages.js';
import { answersTo } from '../routing/answerers.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';
import { assembleCertificate, noteAllVoted } from '../voting.js';

/** A prepare or commit vote (PBFT, section 4.2), on its way into a certificate. */
export function onVote(state: ReplicaState, vote: Verified<Vote>): void {
  if (isSlotVote(vote)) onSlotVote(state, vote);
  else onCheckpointVote(state, vote);
}

function onSlotVote(state: ReplicaState, vote: Verified<SlotVote>): void {
  const reminds = vote.attempt > 0 && vote.replica !== state.self;
  if (vote.sequence <= state.lastExecuted && reminds) helpStraggler(state, vote);
  if (!state.window.contains(vote.sequence)) {
    if (vote.sequence > state.lastExecuted) state.reject('outside-watermarks', vote.replica);
    return;
  }
  if (vote.view !== state.view || !state.active) {
    state.reject('wrong-view', vote.replica);
    return;
  }
  const slot = state.window.open(vote.sequence);
  const consistent = record(state, slot, vote);
  if (!reminds || !consistent) return;
  noteReminder(state, slot, vote.replica);
  disputeCollector(state, slot, vote);
  if (!state.hasExecuted(slot.sequence)) answerReminder(state, slot, vote);
}

/** @returns false when the signer contradicts itself: such a vote gets no answer */
function record(state: ReplicaState, slot: Slot, vote: Verified<SlotVote>): boolean {
  const outcome = slot.addVote(vote);
  if (outcome === 'known') return true;
  if (outcome === 'added') {
    const { decisive } = slot;
    const executed = state.hasExecuted(slot.sequence);
    if (executed && decisive !== undefined && decisive.digest !== vote.digest) {
      reportVoteAgainst(state, slot, vote, decisive);
    }
    noteAllVoted(state, slot, vote);
    assembleCertificate(state, slot, vote.phase, vote.view, vote.digest);
    return true;
  }
  state.reject('conflicting-vote', vote.replica);
  if (slot.reportOnce(`${vote.replica}:conflicting-${vote.phase}`)) {
    state.emit({ kind: 'evidence', evidence: outcome });
  }
  return false;
}

/**
 * The sender lacks the certificate of its phase. Who holds it sends it (f+1 of those); who lacks
 * even the proposal asks the sender for it, once f+1 replicas name the same digest: one of them
 * is honest.
 */
function answerReminder(state: ReplicaState, slot: Slot, vote: Verified<SlotVote>): void {
  const certificate = slot.decisive ?? slot.certificate(vote.phase);
  if (
    certificate !== undefined &&
    (certificate === slot.decisive || certificate.view >= vote.view)
  ) {
    if (!answersTo(state.self, vote.replica, vote.attempt, state.size.n)) return;
    if (!mayAnswer(state, vote.replica, certificateBytes(certificate), 'certificates')) return;
    const to = { kind: 'replica', id: vote.replica } as const;
    state.emit({ kind: 'send', to, message: certificate });
    return;
  }
  const unknown = slot.proposal === undefined && slot.awaitingBodies === undefined;
  if (!unknown || slot.fetching !== undefined) return;
  const voters = slot.votesFor(vote.phase, vote.view, vote.digest);
  if (voters.length < state.size.weakQuorum) return;
  fetchBatch(
    state,
    slot,
    vote.digest,
    voters.map(({ replica }) => replica),
  );
}

/** The sender still works on a slot that was decided long ago. */
function helpStraggler(state: ReplicaState, vote: Verified<Vote>): void {
  if (!answersTo(state.self, vote.replica, vote.attempt, state.size.n)) return;
  sendDecisionsAbove(state, vote.replica, vote.sequence - 1);
}
