import { completeProposals } from '../accepting.js';
import { mayAnswer } from '../catching-up.js';
import { sendReply, STALE_RESULT } from '../executing.js';
import type { Via } from '../input.js';
import type { Request, RequestList, RequestResult, Verified } from '../messages.js';
import { proposeWaiting } from '../proposing.js';
import type { Pooling } from '../state/request-pool.js';
import { watchOldestRequest } from '../view-change/suspecting.js';
import type { ReplicaState } from '../state/replica-state.js';

/**
 * A client's request (PBFT, section 4.1 and 4.2): answered from the reply cache when it executed
 * already, else held, and proposed when this replica is the primary.
 */
export function onRequest(state: ReplicaState, request: Verified<Request>, via: Via): void {
  take(state, request, via);
  proposeWaiting(state);
  watchOldestRequest(state);
}

/** Requests that came together are taken together, so that they can be one batch. */
export function onRequests(
  state: ReplicaState,
  { requests }: Verified<RequestList>,
  via: Via,
): void {
  for (const request of requests) take(state, request, via);
  proposeWaiting(state);
  watchOldestRequest(state);
}

function take(state: ReplicaState, request: Request, via: Via): void {
  const { client, timestamp, digest } = request;
  const seen = state.clients.lookup(client, timestamp);
  if (seen.kind === 'executed') {
    replyAgain(state, request, seen.result);
    return;
  }
  if (seen.kind === 'stale') {
    replyStale(state, request);
    return;
  }
  const outcome = pool(state, request, via === 'broadcast');
  if (outcome === 'added') completeProposals(state, digest);
  else if (outcome !== 'known') state.reject(outcome, client);
  // Sent to this replica alone: without the primary's knowing it could only wait for its fall.
  if (outcome === 'added' && via === 'direct' && !state.isPrimary) {
    state.emit({ kind: 'send', to: { kind: 'replica', id: state.primary }, message: request });
  }
}

/** Holds the request; a full pool is first rid of what can never execute any more. */
function pool(state: ReplicaState, request: Request, everyoneHasIt: boolean): Pooling {
  const outcome = state.pool.add(request, everyoneHasIt);
  if (outcome !== 'client-window-full' && outcome !== 'request-pool-full') return outcome;
  state.pool.removeIf(
    (client, timestamp) => state.clients.lookup(client, timestamp).kind !== 'new',
  );
  return state.pool.add(request, everyoneHasIt);
}

function replyAgain(state: ReplicaState, { client, digest }: Request, result: RequestResult): void {
  if (result.request !== digest) state.reject('timestamp-reused', client);
  if (!mayAnswer(state, client)) return;
  const slot = state.window.get(result.sequence);
  sendReply(state, client, {
    view: slot?.decisive?.view ?? state.view,
    results: [result],
    tally: slot?.tally(state.self, result.batch) ?? { correct: 0, corrupt: 0 },
  });
}

/** Too old to tell whether it executed: every replica refuses it alike, so the client may know. */
function replyStale(state: ReplicaState, { client, timestamp, digest }: Request): void {
  state.reject('stale-timestamp', client);
  if (!mayAnswer(state, client)) return;
  const batch = state.dependencies.digests.batch([]);
  const result = { timestamp, request: digest, sequence: 0, batch, result: STALE_RESULT };
  sendReply(state, client, {
    view: state.view,
    results: [result],
    tally: { correct: 0, corrupt: 0 },
  });
}
