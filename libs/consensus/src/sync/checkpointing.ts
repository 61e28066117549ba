/**
 * Checkpoints (PBFT, section 4.3): every K slots replicas vote on their state; a quorum of equal
 * votes makes the checkpoint stable, and everything below it can be forgotten.
 *
 * Invariant kept here (bounded memory): the window moves on stable checkpoints alone, so a quorum
 * has, durably, whatever this replica forgets.
 */

import { gathererIdOf } from '../slot/checkpoint-vote.js';
import type { ReplicaId, SequenceNumber } from '../messages/ids.js';
import type { Certificate, Verified, Vote } from '../messages/index.js';
import { certificateBytes } from '../model/message-size.js';
import { answersTo } from '../routing/answerers.js';
import { mayAnswer } from '../state/answering.js';
import type { ReplicaState } from '../state/replica-state.js';
import { preferNewerState } from './fetching-state.js';

/** A vote on a state. */
export function onCheckpointVote(state: ReplicaState, vote: Verified<Vote>): void {
  const { sequence, replica, digest, attempt } = vote;
  const { checkpoints } = state;
  if (sequence <= checkpoints.stable.sequence) {
    const helps = attempt > 0 && answersTo(state.self, replica, attempt, state.size.n);
    if (!helps) return;
    state.attention.count('reminder', replica, state.nowMs);
    showStable(state, replica, sequence - 1);
    return;
  }
  if (!isVotedOn(state, vote)) {
    state.reject('outside-watermarks', replica);
    return;
  }
  const outcome = checkpoints.addVote(vote);
  if (outcome !== 'added' && outcome !== 'known') {
    state.reject('conflicting-vote', replica);
    if (checkpoints.catchOnce(vote)) state.emit({ kind: 'evidence', evidence: outcome });
    return;
  }
  const votes = checkpoints.votesFor(sequence, digest);
  if (votes.length < state.size.quorum) return;
  const signers = votes.slice(0, state.size.quorum).sort((a, b) => a.replica - b.replica);
  const certificate = state.dependencies.certificates.assemble(signers);
  const publishes = gathererIdOf(state, sequence) === state.self;
  if (publishes) state.emit({ kind: 'send', to: { kind: 'all' }, message: certificate });
  applyCheckpoint(state, certificate as Verified<Certificate<'checkpoint'>>);
}

/** Whether a vote on the state there counts: above the stable checkpoint, where one is due. */
export function isVotedOn(state: ReplicaState, { sequence, view }: Vote): boolean {
  const isDue = sequence % state.config.checkpointInterval === 0 && view === 0;
  return isDue && sequence > state.checkpoints.stable.sequence && state.window.contains(sequence);
}

/** A replica that has not come so far as the stable checkpoint gets its certificate. */
export function showStable(state: ReplicaState, replica: ReplicaId, reached: SequenceNumber): void {
  const { certificate, sequence } = state.checkpoints.stable;
  if (certificate === null || reached >= sequence) return;
  if (!mayAnswer(state, replica, certificateBytes(certificate), 'certificates')) return;
  state.emit({ kind: 'send', to: { kind: 'replica', id: replica }, message: certificate });
}

/**
 * A checkpoint is stable. The window follows it even when this replica has not come so far: what
 * it lacks below is decided, and comes from the others with its proof.
 */
export function applyCheckpoint(
  state: ReplicaState,
  certificate: Verified<Certificate<'checkpoint'>>,
): void {
  const { sequence } = certificate;
  if (sequence <= state.checkpoints.stable.sequence) return;
  state.checkpoints.stabilise(certificate);
  state.emit({ kind: 'progress', progress: { kind: 'stable-checkpoint', sequence } });
  state.persist({ kind: 'certified', certificate });
  state.window.advance(sequence);
  state.nextSequence = Math.max(state.nextSequence, sequence + 1);
  state.recovery.highestCertified = Math.max(state.recovery.highestCertified, sequence);
  preferNewerState(state);
}
