import { mayAnswer, sendDecisions } from '../catching-up.js';
import type { Fetch, Verified } from '../messages.js';
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
  const batch = slot?.batchOf(digest);
  if (slot === undefined || batch === undefined || !mayAnswer(state, replica)) return;
  const to = { kind: 'replica', id: replica } as const;
  const certificate = slot.certificate('commit');
  if (certificate?.digest === digest) {
    const { view } = certificate;
    state.emit({
      kind: 'send',
      to,
      message: { kind: 'decision', sequence, view, digest, requests: batch, certificate },
    });
    return;
  }
  const proposal = slot.proposalOf(digest);
  if (proposal !== undefined) state.emit({ kind: 'send', to, message: withBodies(proposal) });
}
