import type { Digest } from '../messages/ids.js';
import type { Decision, Fetch, PrePrepare, Request, Verified } from '../messages/index.js';
import { requestsBytes } from '../model/message-size.js';
import { mayAnswer, sendDecisions } from '../state/answering.js';
import type { ReplicaState } from '../state/replica-state.js';
import { type Slot, withBodies } from '../state/slot.js';

/** A peer lacks a batch: it gets the decision when there is one, else the signed pre-prepare. */
export function onFetch(state: ReplicaState, fetch: Verified<Fetch>): void {
  const { replica, sequence, digest } = fetch;
  if (replica === state.self) return;
  if (sequence <= state.lastExecuted) {
    sendDecisions(state, replica, sequence, sequence);
    return;
  }
  const slot = state.window.get(sequence);
  const held = slot && holdingOf(slot, digest);
  if (slot === undefined || held === undefined) return;
  const { message, batch } = held;
  const kind = slot.wasSent(digest, replica) ? 'again' : 'decisions';
  if (!mayAnswer(state, replica, requestsBytes(batch), kind)) return;
  slot.noteSent(digest, replica);
  state.emit({ kind: 'send', to: { kind: 'replica', id: replica }, message });
}

/** What there is of the batch with `digest`. */
function holdingOf(slot: Slot, digest: Digest): Holding | undefined {
  const decision = slot.decision();
  if (decision?.digest === digest) return { message: decision, batch: decision.requests };
  const proposal = slot.proposalOf(digest);
  return proposal && { message: withBodies(proposal), batch: proposal.batch };
}

interface Holding {
  readonly message: Decision | PrePrepare;
  readonly batch: readonly Request[];
}
