/**
 * Answering others' calls for help, within what each caller may draw (`answer-budget.ts`).
 */

import type { ClientId, ReplicaId, SequenceNumber } from '../messages/ids.js';
import type { SlotCertificate, Verified } from '../messages/index.js';
import { certificateBytes } from '../model/message-size.js';
import type { AnswerKind } from './answer-budget.js';
import type { ReplicaState } from './replica-state.js';

/** Sends stored decisions above `from` to `replica`, a bounded number at a time. */
export function sendDecisionsAbove(
  state: ReplicaState,
  replica: ReplicaId,
  from: SequenceNumber,
): void {
  const last = Math.min(state.lastExecuted, from + state.config.maxDecisionsPerAnswer);
  sendDecisions(state, replica, from + 1, last);
}

/** Sends stored decisions first..last, if any, as many of them as the asker's budget allows. */
export function sendDecisions(
  state: ReplicaState,
  to: ReplicaId,
  first: SequenceNumber,
  last: SequenceNumber,
): void {
  let next = first;
  while (next <= last && spendOnDecision(state, to, next)) next += 1;
  if (next <= last) state.reject('throttled', to);
  if (next > first) state.emit({ kind: 'send-decisions', to, first, last: next - 1 });
}

/** Whether `to` may be sent the decision of `sequence`, which is noted then. */
function spendOnDecision(state: ReplicaState, to: ReplicaId, sequence: SequenceNumber): boolean {
  const kind = state.decisionKind(sequence, to);
  if (!state.answers.spend(to, state.decisionBytes(sequence), state.nowMs, kind)) return false;
  state.noteSent(sequence, to);
  return true;
}

/** Sends a slot's certificate to a replica that lacks it, if its budget allows. */
export function sendCertificate(
  state: ReplicaState,
  to: ReplicaId,
  certificate: Verified<SlotCertificate>,
): void {
  if (!mayAnswer(state, to, certificateBytes(certificate), 'certificates')) return;
  state.emit({ kind: 'send', to: { kind: 'replica', id: to }, message: certificate });
}

/** Whether `asker` may be sent so many bytes more. Counts it as throttled if not. */
export function mayAnswer(
  state: ReplicaState,
  asker: ReplicaId | ClientId,
  bytes: number,
  kind: AnswerKind,
): boolean {
  if (state.answers.spend(asker, bytes, state.nowMs, kind)) return true;
  state.reject('throttled', asker);
  return false;
}
