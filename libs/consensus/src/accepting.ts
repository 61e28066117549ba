/**
 * Accepting a pre-prepare (PBFT, section 4.2): what a replica checks before it votes for a batch.
 *
 * Invariants kept here:
 * - validity: a replica votes only for a batch all of whose requests it holds, each one verified;
 * - no-equivocation: it accepts one digest per (view, sequence).
 */

import { fetchBatch } from './catching-up.js';
import type { PrePrepare, Request, Verified } from './messages.js';
import type { ReplicaState } from './state/replica-state.js';
import type { Slot } from './state/slot.js';
import { castVote } from './voting.js';

/** Accepts `prePrepare` if all bodies are here; else keeps it and fetches what is missing. */
export function acceptOrFetch(
  state: ReplicaState,
  slot: Slot,
  prePrepare: Verified<PrePrepare>,
): void {
  const batch = collectBodies(state, prePrepare);
  if (batch !== undefined) {
    accept(state, slot, prePrepare, batch);
    return;
  }
  if (slot.awaitingBodies !== undefined) return;
  slot.awaitingBodies = prePrepare;
  state.slotsAwaitingBodies.add(slot.sequence);
  fetchBatch(state, slot.sequence, prePrepare.digest, [prePrepare.replica]);
}

/** A request arrived: proposals that waited for it may be complete now. */
export function completeProposals(state: ReplicaState): void {
  for (const sequence of state.slotsAwaitingBodies) {
    const slot = state.window.get(sequence);
    const prePrepare = slot?.awaitingBodies;
    if (slot === undefined || prePrepare === undefined) state.slotsAwaitingBodies.delete(sequence);
    else acceptOrFetch(state, slot, prePrepare);
  }
}

function collectBodies(state: ReplicaState, prePrepare: PrePrepare): Request[] | undefined {
  const inlined = new Map(prePrepare.bodies.map((request) => [request.digest, request]));
  const batch: Request[] = [];
  for (const digest of prePrepare.requests) {
    const request = inlined.get(digest) ?? state.pool.get(digest);
    if (request === undefined) return undefined;
    batch.push(request);
  }
  return batch;
}

function accept(
  state: ReplicaState,
  slot: Slot,
  prePrepare: Verified<PrePrepare>,
  batch: readonly Request[],
): void {
  if (slot.awaitingBodies !== undefined) {
    slot.awaitingBodies = undefined;
    state.slotsAwaitingBodies.delete(slot.sequence);
    const { sequence } = slot;
    const timer = { kind: 'fetch', sequence, digest: prePrepare.digest } as const;
    state.emit({ kind: 'cancel-timer', timer });
  }
  slot.proposal = { prePrepare, batch };
  slot.acceptedAtMs = state.nowMs;
  state.nextSequence = Math.max(
    state.nextSequence,
    prePrepare.replica === state.self ? slot.sequence + 1 : 0,
  );
  for (const { digest } of batch) state.pool.markProposed(digest);
  state.persist({ kind: 'accepted', prePrepare });
  const alreadyPrepared = slot.certificate('prepare')?.view === prePrepare.view;
  if (!alreadyPrepared && slot.decidedDigest === undefined) {
    castVote(state, slot, 'prepare', prePrepare.digest);
  }
}
