/** This replica's own vote on its state, every K slots (PBFT, section 4.3). */

import type { ReplicaId, SequenceNumber } from '../messages/ids.js';
import type { Destination } from '../model/effect.js';
import { collectorOf } from '../routing/collector.js';
import type { ReplicaState } from '../state/replica-state.js';

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

/** Who gathers the votes on a state; undefined when everyone does. */
export function gathererIdOf(state: ReplicaState, sequence: SequenceNumber): ReplicaId | undefined {
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
