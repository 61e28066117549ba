/**
 * What a replica does with a pre-prepare; what it checks of the batch is in `accepting.ts`.
 *
 * Invariant kept here (no-equivocation): a replica accepts one proposal per (view, sequence), and one
 * that differs from it convicts the primary.
 */

import type { PrePrepare, Verified } from '../messages/index.js';
import type { Via } from '../model/input.js';
import { primaryOf } from '../model/quorum.js';
import type { RejectCode } from '../model/rejection.js';
import { sendDecisionsAbove } from '../state/answering.js';
import type { ReplicaState } from '../state/replica-state.js';
import { type Slot, isSameProposal } from '../state/slot.js';
import { isWantedEarly, keepEarly } from '../state/waiting-for-view.js';
import { acceptOrFetch, keepFetched } from './accepting.js';
import { convict } from './disputes.js';

/** The primary's assignment of a sequence number (PBFT, section 4.2, pre-prepare). */
export function onPrePrepare(
  state: ReplicaState,
  prePrepare: Verified<PrePrepare>,
  via: Via,
): void {
  if (prePrepare.sequence <= state.lastExecuted) {
    state.attention.count('late-proposal', prePrepare.replica, state.nowMs);
    // Too late to matter, but two proposals for one slot convict the primary even now.
    const executed = state.window.get(prePrepare.sequence);
    const fromPrimary = prePrepare.replica === primaryOf(prePrepare.view, state.size.n);
    if (executed !== undefined && fromPrimary) conflicts(state, executed, prePrepare, via);
    // A new primary that proposes what is decided here has not heard of it.
    const behind = prePrepare.view > 0 && prePrepare.replica === state.primary;
    if (behind && !state.isPrimary)
      sendDecisionsAbove(state, state.primary, prePrepare.sequence - 1);
    return;
  }
  const known = state.window.get(prePrepare.sequence);
  if (known !== undefined && isBeingFetched(state, known, prePrepare)) {
    keepFetched(state, known, prePrepare);
    return;
  }
  const refusal = prePrepareRefusal(state, prePrepare);
  if (refusal !== undefined) {
    if (isEarlyProposal(state, prePrepare, via)) keepEarly(state, prePrepare, via);
    else state.reject(refusal, prePrepare.replica);
    return;
  }
  const slot = state.window.open(prePrepare.sequence);
  if (conflicts(state, slot, prePrepare, via)) {
    state.reject('conflicting-proposal', prePrepare.replica);
    return;
  }
  if (slot.inView.proposal !== undefined) return;
  acceptOrFetch(state, slot, prePrepare);
}

/** Whether it is a proposal of an earlier view that the present one needs. */
export function isBeingFetched(
  { view }: ReplicaState,
  { fetching }: Slot,
  prePrepare: PrePrepare,
): boolean {
  return fetching?.digest === prePrepare.digest && prePrepare.view < view;
}

/** Why a proposal is not accepted in this view from any signer; undefined when it may be. */
export function prePrepareRefusal(
  state: ReplicaState,
  prePrepare: PrePrepare,
): RejectCode | undefined {
  const { view, sequence, requests } = prePrepare;
  if (view !== state.view || !state.active) return 'wrong-view';
  const refusal = refusalInAnyView(state, prePrepare);
  if (refusal !== undefined) return refusal;
  const chosen = state.carriedOver.get(sequence);
  if (chosen !== undefined && chosen !== prePrepare.digest) return 'conflicting-proposal';
  // The null batch fills slots that an earlier view left open, nothing else.
  return requests.length === 0 && chosen === undefined ? 'empty-batch' : undefined;
}

/** What is wrong with a proposal whatever its view carries over. */
function refusalInAnyView(
  { size: { n }, window, config }: ReplicaState,
  { view, replica, sequence, collector, requests }: PrePrepare,
): RejectCode | undefined {
  if (replica !== primaryOf(view, n)) return 'wrong-primary';
  if (!window.contains(sequence)) return 'outside-watermarks';
  if (collector >= n || (collector === replica && n > 1)) return 'invalid-collector';
  return requests.length > config.maxBatchRequests ? 'batch-too-large' : undefined;
}

/** Whether it is kept until its view begins here. */
export function isEarlyProposal(state: ReplicaState, prePrepare: PrePrepare, via: Via): boolean {
  return isWantedEarly(state, prePrepare, via) && refusalInAnyView(state, prePrepare) === undefined;
}

/**
 * Whether something else was proposed here, or another digest certified. Two proposals that differ
 * in anything that is signed, be it the collector alone, convict the primary.
 */
function conflicts(state: ReplicaState, slot: Slot, prePrepare: PrePrepare, via: Via): boolean {
  const earlier = slot.inView.proposal?.prePrepare ?? slot.inView.awaitingBodies;
  if (earlier !== undefined && earlier.view === prePrepare.view) {
    if (isSameProposal(earlier, prePrepare)) return false;
    convict(state, slot, [earlier, prePrepare], via);
    return true;
  }
  const certified = slot.decisive ?? slot.certificate('prepare');
  return certified?.view === prePrepare.view && certified.digest !== prePrepare.digest;
}
