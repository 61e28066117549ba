/**
 * Execution of committed slots, in sequence order (PBFT, section 4.2, last paragraphs).
 *
 * Invariants kept here:
 * - order: slot s executes after s−1 and before s+1, without gaps;
 * - agreement: what executes is the batch whose digest a commit certificate names;
 * - integrity: the client table decides, the same way on every replica, what executes and what is
 *   a repetition;
 * - durability: decision and results are persisted before any reply leaves.
 */

import { noteLagging } from './catching-up.js';
import type { ClientId, Digest, SequenceNumber } from './ids.js';
import { invariant } from './invariants.js';
import type { Certificate, Request, RequestResult } from './messages.js';
import { proposeWaiting } from './proposing.js';
import type { ReplicaState } from './state/replica-state.js';
import type { Slot } from './state/slot.js';

/** Result of a request whose timestamp is too old to tell whether it executed already. */
const STALE_RESULT = JSON.stringify({ error: 'stale-timestamp' });

/** Executes every committed slot that is next in order and whose batch is here. */
export function executeReady(state: ReplicaState): void {
  for (;;) {
    const slot = state.window.get(state.lastExecuted + 1);
    const certificate = slot?.certificate('commit');
    if (slot === undefined || certificate === undefined) break;
    const batch = slot.batchOf(certificate.digest);
    if (batch === undefined) break;
    executeSlot(state, slot, certificate, batch);
  }
  noteLagging(state);
  proposeWaiting(state);
}

function executeSlot(
  state: ReplicaState,
  slot: Slot,
  certificate: Certificate,
  batch: readonly Request[],
): void {
  const { sequence } = slot;
  invariant(
    !slot.executed && sequence === state.lastExecuted + 1,
    'order',
    () => `slot ${sequence} after ${state.lastExecuted}`,
  );
  const { view, digest } = certificate;
  const byClient = executeBatch(state, sequence, digest, batch);
  const results = [...byClient.values()].flat();
  state.ledgerHead = state.dependencies.digests.ledgerLink(
    state.ledgerHead,
    digest,
    results.map(({ result }) => result),
  );
  slot.executed = true;
  state.lastExecuted = sequence;
  state.nextSequence = Math.max(state.nextSequence, sequence + 1);
  state.persist({
    kind: 'executed',
    decision: { kind: 'decision', sequence, view, digest, requests: batch, certificate },
    results,
    ledgerHead: state.ledgerHead,
  });
  sendReplies(state, slot, certificate, byClient);
  report(state, slot, certificate, batch.length);
  state.window.advance(sequence);
}

/** Runs what is new in the batch and remembers it. @returns results to answer with, by client */
function executeBatch(
  state: ReplicaState,
  sequence: SequenceNumber,
  batchDigest: Digest,
  batch: readonly Request[],
): Map<ClientId, RequestResult[]> {
  const byClient = new Map<ClientId, RequestResult[]>();
  for (const { client, timestamp, operation, digest } of batch) {
    state.pool.remove(digest);
    const seen = state.clients.lookup(client, timestamp);
    if (seen.kind === 'executed') continue;
    const context = { client, timestamp, sequence };
    const result =
      seen.kind === 'stale'
        ? STALE_RESULT
        : state.dependencies.stateMachine.execute(operation, context);
    const entry: RequestResult = {
      timestamp,
      request: digest,
      sequence,
      batch: batchDigest,
      result,
    };
    if (seen.kind === 'new') state.clients.record(client, entry);
    const ofClient = byClient.get(client);
    if (ofClient === undefined) byClient.set(client, [entry]);
    else ofClient.push(entry);
  }
  return byClient;
}

function sendReplies(
  state: ReplicaState,
  slot: Slot,
  { view, digest }: { readonly view: number; readonly digest: Digest },
  byClient: ReadonlyMap<ClientId, readonly RequestResult[]>,
): void {
  const tally = slot.tally(state.self, digest);
  for (const [client, results] of byClient) {
    state.emit({
      kind: 'send',
      to: { kind: 'client', id: client },
      message: {
        kind: 'reply',
        replica: state.self,
        client,
        view,
        results,
        tally,
      },
    });
  }
}

function report(state: ReplicaState, slot: Slot, certificate: Certificate, requests: number): void {
  const { sequence, acceptedAtMs } = slot;
  const { view, digest } = certificate;
  for (const vote of slot.votesAgainst(digest)) {
    reportVoteAgainst(state, slot, vote, digest);
  }
  state.emit({
    kind: 'executed',
    slot: {
      sequence,
      view,
      digest,
      requests,
      collector: slot.proposal?.prePrepare.collector,
      tally: slot.tally(state.self, digest),
      durationMs: acceptedAtMs === undefined ? undefined : state.nowMs - acceptedAtMs,
      fellBack: slot.fellBack,
    },
  });
}

/** Keeps a vote that differs from the decision as evidence, once per signer and phase. */
export function reportVoteAgainst(
  state: ReplicaState,
  slot: Slot,
  vote: ReturnType<Slot['votesAgainst']>[number],
  decided: Digest,
): void {
  if (vote.replica === state.self) return;
  if (!slot.once('report', `against:${vote.replica}:${vote.phase}`)) return;
  state.emit({
    kind: 'evidence',
    evidence: { kind: 'vote-against-decision', accused: vote.replica, vote, decided },
  });
}
