/**
 * The primary's part of PBFT, section 4.2: assigning sequence numbers to requests.
 *
 * Invariant kept here (no-equivocation): a sequence number is assigned to one batch, durably and with its
 * collector, before the pre-prepare is sent; `nextSequence` only grows.
 */

import { fetchBatch } from './fetching-batches.js';
import type { Digest, SequenceNumber } from '../messages/ids.js';
import type { Request } from '../messages/index.js';
import type { ReplicaState } from '../state/replica-state.js';
import { distinctBodies } from '../state/slot.js';

/** Proposes waiting requests in batches while slots may be in flight. */
export function proposeWaiting(state: ReplicaState): void {
  if (!state.isPrimary || !state.active || state.pool.waitingCount === 0) return;
  if (!state.recovery.mayPropose(state.lastExecuted)) return;
  while (state.pool.waitingCount > 0 && hasRoom(state)) {
    if (state.window.get(state.nextSequence)?.inView.proposal === undefined) propose(state);
    state.nextSequence += 1;
  }
}

function hasRoom(state: ReplicaState): boolean {
  const inFlight = state.nextSequence - 1 - state.lastExecuted;
  return (
    inFlight < state.config.maxInFlightSlots && state.nextSequence <= state.window.highWatermark
  );
}

function propose(state: ReplicaState): void {
  const { maxBatchRequests, maxBatchCharacters } = state.config;
  const batch = state.pool.next(maxBatchRequests, maxBatchCharacters);
  const requests = batch.map(({ request }) => request.digest);
  const digest = state.dependencies.digests.batch(requests);
  for (const request of requests) state.pool.markProposed(request);
  const inlined = batch.filter(({ inline }) => inline).map(({ request }) => request);
  assign(
    state,
    state.nextSequence,
    digest,
    batch.map(({ request }) => request),
    inlined,
  );
}

/** Gives `batch` the number `sequence` in the current view, and tells all. */
export function assign(
  state: ReplicaState,
  sequence: SequenceNumber,
  digest: Digest,
  batch: readonly Request[],
  inlined = distinctBodies(batch),
): void {
  state.window.open(sequence).markProposed(state.view);
  const prePrepare = {
    kind: 'pre-prepare',
    view: state.view,
    sequence,
    digest,
    requests: batch.map((request) => request.digest),
    bodies: distinctBodies(batch),
    collector: state.nextCollector,
    replica: state.self,
  } as const;
  state.persist({ kind: 'proposed', prePrepare });
  state.emit({ kind: 'send', to: { kind: 'all' }, message: { ...prePrepare, bodies: inlined } });
}

/** As new primary, proposes again what was chosen for a slot, or passes on its decision. */
export function repropose(state: ReplicaState, sequence: number): void {
  const digest = state.carriedOver.get(sequence);
  if (digest === undefined || !state.window.contains(sequence)) return;
  const slot = state.window.open(sequence);
  const all = { kind: 'all' } as const;
  const nullBatch = state.dependencies.digests.batch([]);
  const batch = digest === nullBatch ? [] : slot.batchOf(digest);
  if (batch === undefined) {
    fetchBatch(state, slot, digest, state.everyone);
    return;
  }
  for (const request of batch) state.pool.markProposed(request.digest);
  const decision = slot.decision();
  if (decision !== undefined) {
    state.emit({ kind: 'send', to: all, message: decision });
    return;
  }
  if (!slot.isProposedIn(state.view)) assign(state, sequence, digest, batch);
}
