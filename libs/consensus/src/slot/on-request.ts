import type { ClientId, SequenceNumber, Timestamp } from '../messages/ids.js';
import type { Request, RequestList, RequestResult, Verified } from '../messages/index.js';
import type { Via } from '../model/input.js';
import { resultsBytes } from '../model/message-size.js';
import { mayAnswer } from '../state/answering.js';
import { STALE_RESULT } from '../state/client-table.js';
import type { ReplicaState } from '../state/replica-state.js';
import { completeProposals } from './accepting.js';
import { collectorNamed, sendResults } from './executing.js';

/**
 * A client's request (PBFT, section 4.1 and 4.2): answered from the reply cache when it executed
 * already, else held, and proposed when this replica is the primary.
 */
export function onRequest(state: ReplicaState, request: Verified<Request>, via: Via): void {
  takeAll(state, [request], via);
}

/** Requests that came together are taken together, so that they can be one batch. */
export function onRequests(
  state: ReplicaState,
  { requests }: Verified<RequestList>,
  via: Via,
): void {
  takeAll(state, requests, via);
}

function takeAll(state: ReplicaState, requests: readonly Request[], via: Via): void {
  const added: Request[] = [];
  const known: Answer[] = [];
  for (const request of requests) {
    const answer = answerTo(state, request);
    if (answer !== undefined) known.push(answer);
    else if (hold(state, request, via)) added.push(request);
  }
  for (const each of bySlot(known)) replyAgain(state, each);
  // Sent to this replica alone: without the primary's knowing they could only wait for its fall.
  if (via === 'direct' && !state.isPrimary) forward(state, added);
}

interface Answer {
  readonly client: ClientId;
  readonly result: RequestResult;
}

/** What is known already of a request that executed, or is too old to tell whether it did. */
function answerTo(state: ReplicaState, { client, timestamp, digest }: Request): Answer | undefined {
  const seen = state.clients.lookup(client, timestamp);
  if (seen.kind === 'new') return undefined;
  if (seen.kind === 'executed') {
    if (seen.result.request !== digest) state.reject('timestamp-reused', client);
    return { client, result: seen.result };
  }
  // Every replica refuses it alike, so the client may know.
  state.reject('stale-timestamp', client);
  const batch = state.dependencies.digests.batch([]);
  const result = { timestamp, request: digest, sequence: 0, batch, result: STALE_RESULT };
  return { client, result };
}

/** @returns whether it is new */
function hold(state: ReplicaState, request: Request, via: Via): boolean {
  const isDead = (timestamp: Timestamp): boolean =>
    state.clients.lookup(request.client, timestamp).kind !== 'new';
  const outcome = state.pool.add(request, via === 'broadcast', isDead);
  if (outcome === 'added') completeProposals(state, request.digest);
  else if (outcome !== 'known') state.reject(outcome, request.client);
  return outcome === 'added';
}

function forward(state: ReplicaState, requests: readonly Request[]): void {
  const [first] = requests;
  if (first === undefined) return;
  const message = requests.length === 1 ? first : ({ kind: 'requests', requests } as const);
  state.emit({ kind: 'send', to: { kind: 'replica', id: state.primary }, message });
}

/** Answers of one slot to one client, which one reply can carry. */
interface Answers {
  readonly client: ClientId;
  readonly sequence: SequenceNumber;
  readonly results: RequestResult[];
}

function bySlot(answers: readonly Answer[]): Answers[] {
  const together = new Map<string, Answers>();
  for (const { client, result } of answers) {
    const { sequence } = result;
    const key = `${sequence}/${client}`;
    const others = together.get(key) ?? { client, sequence, results: [] };
    others.results.push(result);
    together.set(key, others);
  }
  return [...together.values()];
}

function replyAgain(state: ReplicaState, { client, sequence, results }: Answers): void {
  if (!mayAnswer(state, client, resultsBytes(results), 'again')) return;
  const slot = state.window.get(sequence);
  if (slot?.decisive === undefined) {
    const tally = { correct: 0, corrupt: 0 };
    sendResults(state, client, results, { view: state.view, tally });
    return;
  }
  const { view, digest } = slot.decisive;
  const tally = slot.tally(state.self, digest);
  const named = collectorNamed(state, slot, view, digest);
  sendResults(state, client, results, { view, tally, ...named });
}
