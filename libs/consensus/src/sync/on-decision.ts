import type { SequenceNumber } from '../messages/ids.js';
import type { Decision, SlotCertificate, Verified } from '../messages/index.js';
import { executeDecision, executeReady } from '../slot/executing.js';
import { applyCertificate } from '../slot/voting.js';
import type { ReplicaState } from '../state/replica-state.js';
import { hastenStatus, isLagging } from './catching-up.js';

/** A decided slot that a peer passes on: batch and commit certificate prove it. */
export function onDecision(state: ReplicaState, decision: Verified<Decision>): void {
  const { sequence, digest, requests } = decision;
  const executedBefore = state.lastExecuted;
  if (sequence <= state.lastExecuted) return;
  state.recovery.highestCertified = Math.max(state.recovery.highestCertified, sequence);
  // What verifies a decision has verified the certificate inside it.
  const certificate = decision.certificate as Verified<SlotCertificate>;
  if (sequence <= state.window.lowWatermark) {
    if (sequence === state.lastExecuted + 1) executeDecision(state, decision);
    askForMore(state, executedBefore);
    return;
  }
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
  applyCertificate(state, slot, certificate);
  executeReady(state);
  askForMore(state, executedBefore);
}

/**
 * Asks for what follows, if this decision advanced the replica: otherwise a decision that is sent again
 * and again would delay it without end.
 */
function askForMore(state: ReplicaState, executedBefore: SequenceNumber): void {
  if (state.lastExecuted > executedBefore && isLagging(state)) hastenStatus(state);
}
