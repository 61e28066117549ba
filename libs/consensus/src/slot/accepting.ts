/**
 * Accepting a pre-prepare (PBFT, section 4.2): what a replica checks before it votes for a batch.
 *
 * Invariants kept here:
 * - validity: a replica votes only for a batch all of whose requests it holds, each one verified;
 * - bounded memory: no batch is accepted that is too large to be passed on in one message.
 */

import type { Digest } from '../messages/ids.js';
import type { PrePrepare, Request, Verified } from '../messages/index.js';
import { operationCharacters } from '../model/batch-size.js';
import type { ReplicaState } from '../state/replica-state.js';
import { type Slot, withBodies } from '../state/slot.js';
import { gathererFor, noteCollector } from './collecting.js';
import { fetchBatch } from './fetching-batches.js';
import { repropose } from './proposing.js';
import { assembleCertificate, castVote, publishIfGatherer, sendVote } from './voting.js';

/** Accepts `prePrepare` if all bodies are here; else keeps it and fetches what is missing. */
export function acceptOrFetch(
  state: ReplicaState,
  slot: Slot,
  prePrepare: Verified<PrePrepare>,
): void {
  const batch = collectBodies(state, slot, prePrepare);
  if (batch !== undefined) {
    accept(state, slot, prePrepare, batch);
    return;
  }
  if (slot.inView.awaitingBodies !== undefined) return;
  slot.inView.awaitingBodies = prePrepare;
  state.slotsAwaitingBodies.add(slot.sequence);
  fetchBatch(state, slot, prePrepare.digest, [prePrepare.replica]);
}

/**
 * A pre-prepare of an earlier view that was asked for, because the new view needs its batch: it
 * is not voted on, but what it holds is kept.
 */
export function keepFetched(
  state: ReplicaState,
  slot: Slot,
  prePrepare: Verified<PrePrepare>,
): void {
  const batch = collectBodies(state, slot, prePrepare);
  if (batch === undefined) return;
  slot.keep({ prePrepare, batch });
  endFetching(state, slot);
  if (state.isPrimary && state.active) repropose(state, slot.sequence);
}

/** The body of `digest` arrived: proposals that waited for it may be complete now. */
export function completeProposals(state: ReplicaState, digest: Digest): void {
  for (const sequence of state.slotsAwaitingBodies) {
    const slot = state.window.get(sequence);
    if (slot?.inView.awaitingBodies === undefined || state.hasExecuted(sequence)) {
      state.slotsAwaitingBodies.delete(sequence);
    } else if (slot.inView.missing.delete(digest) && slot.inView.missing.size === 0) {
      acceptOrFetch(state, slot, slot.inView.awaitingBodies);
    }
  }
}

/** All bodies in order, or undefined with `slot.inView.missing` naming those that are not here. */
function collectBodies(
  state: ReplicaState,
  slot: Slot,
  prePrepare: PrePrepare,
): Request[] | undefined {
  const inlined = new Map(prePrepare.bodies.map((request) => [request.digest, request]));
  const batch: Request[] = [];
  slot.inView.missing.clear();
  for (const digest of prePrepare.requests) {
    const request = inlined.get(digest) ?? state.pool.get(digest);
    if (request === undefined) slot.inView.missing.add(digest);
    else batch.push(request);
  }
  return slot.inView.missing.size === 0 ? batch : undefined;
}

function accept(
  state: ReplicaState,
  slot: Slot,
  prePrepare: Verified<PrePrepare>,
  batch: readonly Request[],
): void {
  endFetching(state, slot);
  if (batch.length > 1 && operationCharacters(batch) > state.config.maxBatchCharacters) {
    state.reject('batch-too-large', prePrepare.replica);
    return;
  }
  const expected = gathererFor(state, slot);
  slot.inView.proposal = { prePrepare, batch };
  slot.keep(slot.inView.proposal);
  slot.acceptedAtMs = state.nowMs;
  noteCollector(state, prePrepare);
  // A commit vote that was cast before went to the wrong one.
  const isMisled = gathererFor(state, slot) !== expected && !slot.inView.fellBack;
  if (isMisled && slot.ownVote('commit')?.view === state.view) sendVote(state, slot, 'commit');
  if (prePrepare.replica === state.self) {
    state.nextSequence = Math.max(state.nextSequence, slot.sequence + 1);
  }
  for (const { digest } of batch) state.pool.markProposed(digest);
  state.persist({ kind: 'accepted', prePrepare: withBodies(slot.inView.proposal) });
  voteOnProposal(state, slot, prePrepare);
}

function voteOnProposal(state: ReplicaState, slot: Slot, { view, digest }: PrePrepare): void {
  for (const phase of ['prepare', 'commit'] as const) {
    const held = slot.certificate(phase);
    if (held?.view === view) publishIfGatherer(state, slot, held);
  }
  const decided = slot.decidedDigest !== undefined;
  if (!decided && slot.certificate('prepare')?.view !== view) {
    castVote(state, slot, 'prepare', digest);
  }
  assembleCertificate(state, slot, 'prepare', view, digest);
}

function endFetching(state: ReplicaState, slot: Slot): void {
  slot.inView.awaitingBodies = undefined;
  state.slotsAwaitingBodies.delete(slot.sequence);
  if (slot.fetching === undefined) return;
  const timer = { kind: 'fetch', sequence: slot.sequence, digest: slot.fetching.digest } as const;
  state.emit({ kind: 'cancel-timer', timer });
  slot.fetching = undefined;
}
