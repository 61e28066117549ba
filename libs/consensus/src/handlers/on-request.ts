import { completeProposals } from '../accepting.js';
import type { Request, Verified } from '../messages.js';
import type { Via } from '../input.js';
import { proposeWaiting } from '../proposing.js';
import type { ReplicaState } from '../state/replica-state.js';

/**
 * A client's request (PBFT, section 4.1 and 4.2): answered from the reply cache when it executed
 * already, else held, and proposed when this replica is the primary.
 */
export function onRequest(state: ReplicaState, request: Verified<Request>, via: Via): void {
  const seen = state.clients.lookup(request.client, request.timestamp);
  if (seen.kind === 'executed') {
    replyAgain(state, request);
    return;
  }
  if (seen.kind === 'stale') {
    state.reject('stale-timestamp', request.client);
    return;
  }
  const outcome = state.pool.add(request, via === 'broadcast');
  if (outcome === 'client-window-full' || outcome === 'request-pool-full') {
    state.reject(outcome, request.client);
    return;
  }
  if (outcome === 'added') completeProposals(state);
  proposeWaiting(state);
}

function replyAgain(state: ReplicaState, { client, timestamp, digest }: Request): void {
  const seen = state.clients.lookup(client, timestamp);
  if (seen.kind !== 'executed') return;
  const { result } = seen;
  if (result.request !== digest) state.reject('timestamp-reused', client);
  const slot = state.window.get(result.sequence);
  const certificate = slot?.certificate('commit');
  state.emit({
    kind: 'send',
    to: { kind: 'client', id: client },
    message: {
      kind: 'reply',
      replica: state.self,
      client,
      view: certificate?.view ?? state.view,
      results: [result],
      tally: slot?.tally(state.self, result.batch) ?? { correct: 0, corrupt: 0 },
    },
  });
}
