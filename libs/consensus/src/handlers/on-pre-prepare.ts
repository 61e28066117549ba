import { acceptOrFetch, keepFetched } from '../accepting.js';
import { sendDecisionsAbove } from '../catching-up.js';
import { convict } from '../disputes.js';
import type { Via } from '../input.js';
import type { PrePrepare, Verified } from '../messages.js';
import { primaryOf } from '../quorum.js';
import type { RejectCode } from '../rejection.js';
import type { ReplicaState } from '../state/replica-state.js';
import { isSameProposal, type Slot } from '../state/slot.js';

/** The primary's assignment of a sequence number (PBFT, section 4.2, pre-prepare). */
export function onPrePrepare(
  state: ReplicaState,
  prePrepare: Verified<PrePrepare>,
  via: Via,
): void {
  if (prePrepare.sequence <= state.lastExecuted) {
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
  if (known?.fetching?.digest === prePrepare.digest && prePrepare.view < state.view) {
    keepFetched(state, known, prePrepare);
    return;
  }
  const refusal = refusalOf(state, prePrepare);
  if (refusal !== undefined) {
    state.reject(refusal, prePrepare.replica);
    return;
  }
  const slot = state.window.open(prePrepare.sequence);
  if (conflicts(state, slot, prePrepare, via)) {
    state.reject('conflicting-proposal', prePrepare.replica);
    return;
  }
  if (slot.proposal !== undefined) return;
  acceptOrFetch(state, slot, prePrepare);
}

function refusalOf(state: ReplicaState, prePrepare: PrePrepare): RejectCode | undefined {
  const { view, replica, sequence, collector, requests } = prePrepare;
  if (view !== state.view || !state.active) return 'wrong-view';
  if (replica !== state.primary) return 'wrong-primary';
  if (!state.window.contains(sequence)) return 'outside-watermarks';
  const { n } = state.size;
  if (collector >= n || (collector === replica && n > 1)) return 'invalid-collector';
  const chosen = state.carriedOver.get(sequence);
  if (chosen !== undefined && chosen !== prePrepare.digest) return 'conflicting-proposal';
  // The null batch fills slots that an earlier view left open, nothing else.
  if (requests.length === 0 && chosen === undefined) return 'empty-batch';
  if (requests.length > state.config.maxBatchRequests) return 'batch-too-large';
  return undefined;
}

/**
 * Whether something else was proposed here, or another digest certified. Two proposals that differ
 * in anything that is signed, be it the collector alone, convict the primary.
 */
function conflicts(state: ReplicaState, slot: Slot, prePrepare: PrePrepare, via: Via): boolean {
  const earlier = slot.proposal?.prePrepare ?? slot.awaitingBodies;
  if (earlier !== undefined && earlier.view === prePrepare.view) {
    if (isSameProposal(earlier, prePrepare)) return false;
    convict(state, slot, [earlier, prePrepare], via);
    return true;
  }
  const certified = slot.decisive ?? slot.certificate('prepare');
  return certified?.view === prePrepare.view && certified.digest !== prePrepare.digest;
}
