/**
 * How many votes on one (phase, view, sequence, digest) are still of use: where checking many
 * together is cheaper than one by one, votes wait until there are enough.
 *
 * Invariant kept here: this only ever says that votes are of no use. What the rules of `voting.ts`
 * and `sync/checkpointing.ts` could still use (for a certificate, for the fast path, as evidence) is
 * wanted.
 */

import type { ReplicaId } from '../messages/ids.js';
import type { SlotPhase, Vote } from '../messages/index.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';
import { isWorthWaiting, mayBeFull } from './voting.js';

/** Of votes on one (phase, view, sequence, digest). */
export interface VoteDemand {
  /** Whose votes are here already, checked. */
  readonly known: readonly ReplicaId[];
  /** Distinct signers that make a certificate. */
  readonly quorum: number;
  /** Distinct signers after which nothing is gained by waiting: the quorum, or all n. */
  readonly enough: number;
}

/** @returns undefined when no vote like this one changes anything, unless it is a reminder */
export function voteDemand(state: ReplicaState, vote: Vote): VoteDemand | undefined {
  const { phase, view, sequence, digest } = vote;
  const { quorum, n } = state.size;
  if (phase === 'checkpoint') {
    if (sequence <= state.checkpoints.stable.sequence) return undefined;
    const known = state.checkpoints.votesFor(sequence, digest).map(({ replica }) => replica);
    return { known, quorum, enough: quorum };
  }
  if (view < state.view || !state.window.contains(sequence)) return undefined;
  const slot = state.window.get(sequence);
  if (slot === undefined) return { known: [], quorum, enough: quorum };
  const wantsAll = phase === 'prepare' && mayBeFull(state, slot);
  if (agrees(slot, phase, vote) && !wantsAll) return undefined;
  const known = slot.votesFor(phase, view, digest).map(({ replica }) => replica);
  const waits = wantsAll && isWorthWaiting(state, slot);
  // Later ones say, once all are here, that waiting for all would have been worth it.
  const late = wantsAll && known.length >= quorum;
  return { known, quorum, enough: waits || late ? n : quorum };
}

/** Whether the slot has gone on already with what the vote is for. */
function agrees(slot: Slot, phase: SlotPhase, { view, digest }: Vote): boolean {
  if (slot.decidedDigest !== undefined) return slot.decidedDigest === digest;
  const held = slot.certificate(phase);
  return held !== undefined && held.view >= view && held.digest === digest;
}
