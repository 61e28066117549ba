import { hastenStatus, isLagging } from '../catching-up.js';
import { executeReady } from '../executing.js';
import type { Certificate, Decision, Verified } from '../messages.js';
import type { ReplicaState } from '../state/replica-state.js';
import { applyCertificate } from '../voting.js';

/** A decided slot that a peer passes on: batch and commit certificate prove it. */
export function onDecision(state: ReplicaState, decision: Verified<Decision>): void {
  const { sequence, digest, requests } = decision;
  if (sequence <= state.lastExecuted) return;
  state.recovery.highestCertified = Math.max(state.recovery.highestCertified, sequence);
  if (!state.window.contains(sequence)) {
    state.reject('outside-watermarks');
    return;
  }
  const slot = state.window.open(sequence);
  if (slot.batchOf(digest) === undefined) {
    slot.decidedBatch = { digest, batch: requests };
    const timer = { kind: 'fetch', sequence, digest } as const;
    state.emit({ kind: 'cancel-timer', timer });
  }
  // What verifies a decision has verified the certificate inside it.
  applyCertificate(state, slot, decision.certificate as Verified<Certificate>);
  executeReady(state);
  if (isLagging(state)) hastenStatus(state);
}
