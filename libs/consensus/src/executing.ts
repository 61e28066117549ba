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

import { noteLagging } from './catching-up.js';
import { endNeedlessTransfer } from './fetching-state.js';
import type { StoredDecision } from './durable.js';
import type { ClientId, Digest, SequenceNumber, View } from './ids.js';
import { invariant } from './invariants.js';
import { certificateBytes, requestsBytes } from './message-size.js';
import type { Certificate, Decision, Request, RequestResult, UnsignedReply } from './messages.js';
import { repliesInFull } from './routing/answerers.js';
import { proposeWaiting } from './proposing.js';
import type { ReplicaState } from './state/replica-state.js';
import { STALE_RESULT } from './state/client-table.js';
import { Slot } from './state/slot.js';
import { suspectPrimary } from './view-change/suspecting.js';
import { noteServed, watchOldestRequest } from './view-change/suspecting.js';
import { takeCheckpoint } from './checkpointing.js';
import { gathererFor } from './collecting.js';

/** Characters of results in one reply, so that it stays under the wire's limit however escaped. */
const MAX_REPLY_CHARACTERS = 128 * 1024;

/** Executes every committed slot that is next in order and whose batch is here. */
export function executeReady(state: ReplicaState): void {
  for (;;) {
    const slot = state.window.get(state.lastExecuted + 1);
    const certificate = slot?.decisive;
    if (slot === undefined || certificate === undefined) break;
    const batch = slot.batchOf(certificate.digest);
    if (batch === undefined) break;
    executeSlot(state, slot, certificate, batch);
  }
  endNeedlessTransfer(state);
  noteLagging(state);
  proposeWaiting(state);
  watchOldestRequest(state);
}

/** Executes a decision from below the window: the replica is catching up. */
export function executeDecision(state: ReplicaState, decision: Decision): void {
  const { sequence, requests } = decision;
  executeSlot(state, new Slot(sequence, state.size.n), decision.certificate, requests);
  executeReady(state);
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
  suspectFailingCollectors(state, slot);
  takeCheckpoint(state, sequence);
}

/**
 * Executes again what was executed before this replica stopped. Nothing is sent or stored: both
 * happened then.
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
  state.noteDecision(sequence, requestsBytes(requests) + certificateBytes(decision.certificate));
  state.nextSequence = Math.max(state.nextSequence, sequence + 1);
  return executed;
}

/**
 * A primary that keeps naming collectors which fail is itself at fault: an honest one has passed
 * over f of them long before.
 */
function suspectFailingCollectors(state: ReplicaState, slot: Slot): void {
  state.fallenBackInARow = slot.fellBack ? state.fallenBackInARow + 1 : 0;
  const limit = 2 * state.config.maxInFlightSlots + state.size.f;
  if (state.fallenBackInARow <= limit || !state.active || state.isPrimary) return;
  if (gathererFor(state, slot) === undefined) return;
  state.fallenBackInARow = 0;
  suspectPrimary(state, 'collectors-fail');
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
  const prePrepare = slot.proposal?.prePrepare;
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
function proposeAgain(state: ReplicaState, { proposal }: Slot, decided: Digest): void {
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
      fellBack: slot.fellBack,
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
