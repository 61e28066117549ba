import { mayAnswer, sendDecisions } from '../catching-up.js';
import { requestsBytes } from '../message-size.js';
import type { Decision, Fetch, PrePrepare, Verified } from '../messages.js';
import type { ReplicaState } from '../state/replica-state.js';
import { withBodies } from '../state/slot.js';
import { onFetchViewChange } from '../view-change/new-view.js';

/** A peer lacks a batch: it gets the decision when there is one, else the signed pre-prepare. */
export function onFetch(state: ReplicaState, fetch: Verified<Fetch>): void {
  const { replica, sequence, digest } = fetch;
  if (replica === state.self) return;
  if (sequence === 0) {
    onFetchViewChange(state, replica, digest);
    return;
  }
  if (sequence <= state.lastExecuted) {
    sendDecisions(state, replica, sequence, sequence);
    return;
  }
  const slot = state.window.get(sequence);
  const decision = slot?.decision();
  const proposal = slot?.proposalOf(digest);
  let message: Decision | PrePrepare | undefined;
  const batch = slot?.batchOf(digest) ?? [];
  if (decision?.digest === digest) message = decision;
  else if (proposal !== undefined) message = withBodies(proposal);
  if (message === undefined || !mayAnswer(state, replica, requestsBytes(batch), 'decisions'))
    return;
  state.emit({ kind: 'send', to: { kind: 'replica', id: replica }, message });
}
