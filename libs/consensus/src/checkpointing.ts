/**
 * Checkpoints (PBFT, section 4.3): every K slots replicas vote on their state; a quorum of equal
 * votes makes the checkpoint stable, and everything below it can be forgotten.
 *
 * Invariant kept here (bounded memory): the window moves on stable checkpoints alone, so a quorum
 * has, durably, whatever this replica forgets.
 */

import { mayAnswer, noteLagging } from './catching-up.js';
import { collectorOf } from './routing/collector.js';
import type { Destination } from './effect.js';
import type { ReplicaId, SequenceNumber } from './ids.js';
import { certificateBytes } from './message-size.js';
import type { Certificate, Verified, Vote } from './messages.js';
import { proposeWaiting } from './proposing.js';
import { answersTo } from './routing/answerers.js';
import { preferNewerState } from './fetching-state.js';
import type { ReplicaState } from './state/replica-state.js';

/** Votes on the state after `sequence`, if a checkpoint is due there. */
export function takeCheckpoint(state: ReplicaState, sequence: SequenceNumber): void {
  if (sequence % state.config.checkpointInterval !== 0) return;
  const { ledgerHead } = state;
  const digest = state.chunks.digest(sequence, ledgerHead);
  state.checkpoints.reached(sequence, digest);
  const changes = state.chunks.takeUnsaved();
  state.persist({ kind: 'checkpoint', sequence, ledgerHead, changes });
  if (sequence <= state.checkpoints.stable.sequence) return;
  state.persist({ kind: 'voted', phase: 'checkpoint', view: 0, sequence, digest });
  sendCheckpointVote(state, sequence, 0);
}

/** Sends this replica's vote, and again until the checkpoint is stable. */
function sendCheckpointVote(state: ReplicaState, sequence: SequenceNumber, attempt: number): void {
  const digest = state.checkpoints.ownDigest(sequence);
  if (digest === undefined) return;
  const to = attempt === 0 ? gathererOf(state, sequence) : ALL;
  state.emit({
    kind: 'send',
    to,
    message: {
      kind: 'vote',
      phase: 'checkpoint',
      view: 0,
      sequence,
      digest,
      replica: state.self,
      attempt,
    },
  });
  state.emit({
    kind: 'set-timer',
    timer: { kind: 'checkpoint', sequence, attempt },
    afterMs: state.certificateDelay.timeoutMs(attempt + 1),
  });
}

const ALL: Destination = { kind: 'all' };

/** The same on every replica, whatever view it is in. */
function gathererOf(state: ReplicaState, sequence: SequenceNumber): Destination {
  const gatherer = gathererIdOf(state, sequence);
  return gatherer === undefined ? ALL : { kind: 'replica', id: gatherer };
}

function gathererIdOf(state: ReplicaState, sequence: SequenceNumber): ReplicaId | undefined {
  const { n } = state.size;
  const turn = sequence / state.config.checkpointInterval;
  return state.dependencies.router.gatherer(collectorOf(turn % n, n, 0));
}

/** No certificate came: the vote goes to everyone. */
export function onCheckpointMissing(
  state: ReplicaState,
  sequence: SequenceNumber,
  attempt: number,
): void {
  if (sequence <= state.checkpoints.stable.sequence) return;
  sendCheckpointVote(state, sequence, attempt + 1);
}

/** A vote on a state. */
export function onCheckpointVote(state: ReplicaState, vote: Verified<Vote>): void {
  const { sequence, replica, digest, attempt } = vote;
  const { checkpoints } = state;
  if (sequence <= checkpoints.stable.sequence) {
    const helps = attempt > 0 && answersTo(state.self, replica, attempt, state.size.n);
    if (helps) showStable(state, replica, sequence - 1);
    return;
  }
  const due = sequence % state.config.checkpointInterval === 0 && vote.view === 0;
  if (!due || !state.window.contains(sequence)) {
    state.reject('outside-watermarks', replica);
    return;
  }
  const outcome = checkpoints.addVote(vote);
  if (outcome !== 'added' && outcome !== 'known') {
    state.reject('conflicting-vote', replica);
    state.emit({ kind: 'evidence', evidence: outcome });
    return;
  }
  const votes = checkpoints.votesFor(sequence, digest);
  if (votes.length < state.size.quorum) return;
  const signers = votes.slice(0, state.size.quorum).sort((a, b) => a.replica - b.replica);
  const certificate = state.dependencies.certificates.assemble(signers);
  const publishes = gathererIdOf(state, sequence) === state.self;
  if (publishes) state.emit({ kind: 'send', to: ALL, message: certificate });
  applyCheckpoint(state, certificate as Verified<Certificate<'checkpoint'>>);
}

/** A replica that has not come so far as the stable checkpoint gets its certificate. */
export function showStable(state: ReplicaState, replica: ReplicaId, reached: SequenceNumber): void {
  const { certificate, sequence } = state.checkpoints.stable;
  if (certificate === null || reached >= sequence || replica === state.self) return;
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
  noteLagging(state);
  proposeWaiting(state);
}
