/**
 * Execution of committed slots, in sequence order (PBFT, section 4.2, last paragraphs).
 *
 * Invariants kept here:
 * - order: slot s executes after s−1 and before s+1, without gaps;
 * - agreement: what executes is the batch whose digest a certificate that decides names;
 * - integrity: the client table decides, the same way on every replica, what executes and what is
 *   a repetition;
 * - durability: decision and results are persisted before any reply leaves.
 */

import type { ClientId, Digest, SequenceNumber, View } from '../messages/ids.js';
import type {
  Certificate,
  Decision,
  Request,
  RequestResult,
  UnsignedReply,
} from '../messages/index.js';
import type { StoredDecision } from '../model/durable.js';
import { invariant } from '../model/invariants.js';
import { certificateBytes, requestsBytes } from '../model/message-size.js';
import { repliesInFull } from '../routing/answerers.js';
import { STALE_RESULT } from '../state/client-table.js';
import type { ReplicaState } from '../state/replica-state.js';
import { Slot } from '../state/slot.js';
import { mostPoolBytes } from '../state/request-pool.js';
import { takeCheckpoint } from './checkpoint-vote.js';
import { gathererFor } from './collecting.js';

/** Characters of results in one reply, so that it stays under the wire's limit however escaped. */
const MAX_REPLY_CHARACTERS = 128 * 1024;

/** Executes every committed slot that is next in order and whose batch is here. */
export function executeReady(state: ReplicaState): void {
  for (;;) {
    const slot = state.window.get(state.lastExecuted + 1);
    if (slot?.decisive === undefined) break;
    const batch = slot.batchOf(slot.decisive.digest);
    if (batch === undefined) break;
    executeSlot(state, slot, slot.decisive, batch);
  }
}

/** Executes a decision from below the window: the replica is catching up. */
export function executeDecision(state: ReplicaState, decision: Decision): void {
  const { sequence, requests } = decision;
  executeSlot(state, new Slot(sequence, state.size.n), decision.certificate, requests);
}

function executeSlot(
  state: ReplicaState,
  slot: Slot,
  certificate: Certificate,
  batch: readonly Request[],
): void {
  const { sequence } = slot;
  const { view, digest } = certificate;
  const decision = {
    kind: 'decision',
    sequence,
    view,
    digest,
    requests: batch,
    certificate,
  } as const;
  const executed = advance(state, slot, decision);
  const results = executed.map(({ result }) => result);
  state.persist({ kind: 'executed', decision, results, ledgerHead: state.ledgerHead });
  sendReplies(state, slot, certificate, executed);
  proposeAgain(state, slot, digest);
  report(state, slot, certificate, batch.length);
  if (view === state.view) state.noteViewWorks();
  countFailedCollector(state, slot);
  takeCheckpoint(state, sequence);
}

/** A slot that went without its collector for other reasons speaks neither for the primary nor against it. */
function countFailedCollector(state: ReplicaState, slot: Slot): void {
  if (gathererFor(state, slot) === undefined) return;
  const { fellBack, missedCertificate, reminders, spansOutage } = slot.inView;
  const isBelieved = reminders.size >= state.size.weakQuorum && !spansOutage;
  const hasFailed = missedCertificate || isBelieved;
  if (hasFailed) state.fallenBackInARow += 1;
  else if (!fellBack) state.fallenBackInARow = 0;
}

/**
 * Executes again what was executed before this replica stopped. Nothing is sent or stored: that was
 * done then.
 *
 * @throws InvariantViolation when it comes to another result than then
 */
export function executeAgain(state: ReplicaState, { decision, ledgerHead }: StoredDecision): void {
  const { sequence, digest, requests } = decision;
  const inWindow = state.window.contains(sequence);
  const slot = inWindow ? state.window.open(sequence) : new Slot(sequence, state.size.n);
  slot.decidedBatch = { digest, batch: requests };
  advance(state, slot, decision);
  invariant(
    state.ledgerHead === ledgerHead,
    'durability',
    () => `executing slot ${sequence} again gave another result than what was stored`,
  );
  takeCheckpoint(state, sequence);
}

/** State machine, client table and ledger go on by one slot, all together. */
function advance(state: ReplicaState, slot: Slot, decision: Decision): ExecutedRequest[] {
  const { sequence, digest, requests } = decision;
  invariant(
    sequence === state.lastExecuted + 1,
    'order',
    () => `slot ${sequence} after ${state.lastExecuted}`,
  );
  const executed = executeBatch(state, sequence, digest, requests);
  state.ledgerHead = state.dependencies.digests.ledgerLink(
    state.ledgerHead,
    digest,
    executed.map(({ result }) => result.result),
  );
  state.lastExecuted = sequence;
  state.executedAtMs = state.nowMs;
  state.noteDecision(sequence, requestsBytes(requests) + certificateBytes(decision.certificate));
  state.nextSequence = Math.max(state.nextSequence, sequence + 1);
  return executed;
}

interface ExecutedRequest {
  readonly client: ClientId;
  readonly result: RequestResult;
}

/** Runs what is new in the batch and remembers it. @returns the results, in batch order */
function executeBatch(
  state: ReplicaState,
  sequence: SequenceNumber,
  batchDigest: Digest,
  batch: readonly Request[],
): ExecutedRequest[] {
  const executed: ExecutedRequest[] = [];
  for (const request of batch) {
    const { client, timestamp, operation, digest } = request;
    state.pool.remove(client, timestamp);
    const seen = state.clients.lookup(client, timestamp);
    if (seen.kind === 'executed') continue;
    const context = { client, timestamp, sequence };
    const text =
      seen.kind === 'stale'
        ? STALE_RESULT
        : state.dependencies.stateMachine.execute(operation, context);
    const result = { timestamp, request: digest, sequence, batch: batchDigest, result: text };
    if (seen.kind === 'new') {
      state.clients.record(client, result);
      noteServed(state, request);
    }
    executed.push({ client, result });
  }
  return executed;
}

/** A request executed: it may tell why another one of its client waits. */
export function noteServed(state: ReplicaState, request: Request): void {
  const { client, timestamp } = request;
  const { watchedRequest: watched, config, nowMs } = state;
  if (watched?.client !== client || watched.timestamp === timestamp) return;
  watched.served += 1;
  watched.servedBytes += mostPoolBytes(request);
  if (Math.abs(timestamp - watched.timestamp) >= config.clientWindow) watched.clientAtFault = true;
  const { reminded } = watched;
  if (timestamp < watched.timestamp || reminded === undefined) return;
  // What had been proposed by then, and on its way to this replica, says nothing.
  const isLater =
    nowMs >= reminded.atMs + state.viewTimeoutMs / 4 &&
    state.lastExecuted > reminded.executed + config.maxInFlightSlots;
  if (isLater) watched.passedOver = true;
}

/** One reply per client. */
function sendReplies(
  state: ReplicaState,
  slot: Slot,
  { view, digest }: Certificate,
  executed: readonly ExecutedRequest[],
): void {
  const tally = slot.tally(state.self, digest);
  const byClient = new Map<ClientId, RequestResult[]>();
  for (const { client, result } of executed) {
    const results = byClient.get(client);
    if (results === undefined) byClient.set(client, [result]);
    else results.push(result);
  }
  const inFull = repliesInFull(state.self, slot.sequence, state.size.n);
  const named = collectorNamed(state, slot, view, digest);
  for (const [client, results] of byClient) {
    // One result is little more than the root in its place.
    const brief = !inFull && results.length > 1;
    sendResults(state, client, results, { view, tally, brief, ...named });
  }
}

/** What a reply says of the collector, from the pre-prepare of the decision itself. */
export function collectorNamed(
  state: ReplicaState,
  slot: Slot,
  view: View,
  digest: Digest,
): Pick<UnsignedReply, 'collector'> {
  const prePrepare = slot.inView.proposal?.prePrepare;
  if (prePrepare?.view !== view || prePrepare.digest !== digest) return {};
  const collector = state.dependencies.router.gatherer(prePrepare.collector);
  return collector === undefined ? {} : { collector };
}

/**
 * PBFT's REPLY (section 4.1), for one client: in several messages where the results would not fit
 * into one.
 */
export function sendResults(
  state: ReplicaState,
  client: ClientId,
  results: readonly RequestResult[],
  about: Pick<UnsignedReply, 'view' | 'tally' | 'brief' | 'collector'>,
): void {
  let part: RequestResult[] = [];
  let characters = 0;
  const flush = (): void => {
    if (part.length === 0) return;
    const message = {
      kind: 'reply',
      replica: state.self,
      client,
      results: part,
      ...about,
    } as const;
    state.emit({ kind: 'send', to: { kind: 'client', id: client }, message });
  };
  for (const result of results) {
    const { length } = result.result;
    if (characters + length > MAX_REPLY_CHARACTERS) {
      flush();
      part = [];
      characters = 0;
    }
    part.push(result);
    characters += length;
  }
  flush();
}

/** Requests of a proposal that was not decided wait again to be proposed. */
function proposeAgain(state: ReplicaState, { inView }: Slot, decided: Digest): void {
  const { proposal } = inView;
  if (proposal === undefined || proposal.prePrepare.digest === decided) return;
  for (const { digest } of proposal.batch) state.pool.markWaiting(digest);
}

function report(state: ReplicaState, slot: Slot, certificate: Certificate, requests: number): void {
  const { sequence, acceptedAtMs } = slot;
  const { view, digest } = certificate;
  for (const vote of slot.votesAgainst(digest)) reportVoteAgainst(state, slot, vote, certificate);
  state.emit({
    kind: 'executed',
    slot: {
      sequence,
      view,
      digest,
      requests,
      collector: collectorNamed(state, slot, view, digest).collector,
      tally: slot.tally(state.self, digest),
      durationMs: acceptedAtMs === undefined ? undefined : state.nowMs - acceptedAtMs,
      fellBack: slot.inView.fellBack,
      fast: certificate.phase === 'prepare',
    },
  });
}

/**
 * Keeps a vote that differs from the decision as evidence, once per signer and phase. A vote of
 * another view is none: an undecided slot may get another batch when the view changes.
 */
export function reportVoteAgainst(
  state: ReplicaState,
  slot: Slot,
  vote: ReturnType<Slot['votesAgainst']>[number],
  certificate: Certificate,
): void {
  const { phase } = certificate;
  if (vote.replica === state.self || vote.view !== certificate.view || phase === 'checkpoint')
    return;
  if (!slot.reportOnce(`${vote.replica}:against-${vote.phase}`)) return;
  state.emit({
    kind: 'evidence',
    evidence: {
      kind: 'vote-against-decision',
      accused: vote.replica,
      vote,
      certificate: { ...certificate, phase },
    },
  });
}
