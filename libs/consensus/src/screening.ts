/**
 * Whether checking the signatures of a message could change anything. Verifying is nearly all the
 * work of a replica, so messages that add nothing are dropped before.
 *
 * Invariants kept here:
 * - screening only ever drops. It changes no state, so an unverified message can at worst be ignored
 *   because an equal or better one was accepted earlier;
 * - bounded work: what a handler would refuse from any signer is refused here, by the handler's own
 *   rule; of a member's messages on a slot only those are checked that can count, or be evidence once; and
 *   all other messages of a member are limited in rate (`state/attention.ts`).
 */

import { isSlotVote, type PrePrepare, type ProtocolMessage, type Vote } from './messages/index.js';
import type { Via } from './model/input.js';
import { decides, primaryOf } from './model/quorum.js';
import type { RejectCode } from './model/rejection.js';
import { answersTo } from './routing/answerers.js';
import { isBeingFetched, isEarlyProposal, prePrepareRefusal } from './slot/on-pre-prepare.js';
import { slotVoteRefusal } from './slot/on-vote.js';
import { isLateSample } from './slot/voting.js';
import { isTopic } from './state/attention.js';
import type { ReplicaState } from './state/replica-state.js';
import { isSameProposal, type Slot } from './state/slot.js';
import { isWantedEarly } from './state/waiting-for-view.js';
import { isVotedOn } from './sync/checkpointing.js';
import { awaitsPart } from './sync/fetching-state.js';

/** `wanted`: verify it. `own-echo`: this replica said it itself. Else why it is of no use. */
export type Screening = 'wanted' | 'own-echo' | RejectCode;

/** @param nowMs on the clock of the replica's steps */
export function screen(
  state: ReplicaState,
  message: ProtocolMessage,
  nowMs = state.nowMs,
  via: Via = 'broadcast',
): Screening {
  // The cheapest check, and the reason in whatever state this replica is.
  if ('replica' in message && message.replica >= state.size.n) return 'unknown-member';
  const use = useOf(state, message, nowMs, via);
  if (use !== 'wanted' || !('replica' in message) || !isTopic(message.kind)) return use;
  return state.attention.has(message.kind, message.replica, nowMs) ? 'wanted' : 'throttled';
}

function useOf(state: ReplicaState, message: ProtocolMessage, nowMs: number, via: Via): Screening {
  // Of a replica that is kept apart nothing else has any use.
  if (state.isApart && message.kind !== 'status') return 'unsolicited';
  switch (message.kind) {
    case 'chunk-part':
      return awaitsPart(state, message) ? 'wanted' : 'unsolicited';
    case 'vote':
      return screenVote(state, message, nowMs);
    case 'pre-prepare':
      return screenPrePrepare(state, message, nowMs, via);
    case 'certificate':
      return screenCertificate(state, message, via);
    case 'view-change':
      return screenViewChange(state, message);
    case 'new-view':
      return screenNewView(state, message);
    case 'suspicion':
      return screenSuspicion(state, message);
    case 'decision':
      if (message.sequence <= state.lastExecuted) return 'duplicate';
      return message.sequence > state.window.highWatermark ? 'outside-watermarks' : 'wanted';
    default:
      return 'replica' in message && message.replica === state.self ? 'own-echo' : 'wanted';
  }
}

type Kind<K extends ProtocolMessage['kind']> = Extract<ProtocolMessage, { kind: K }>;

/**
 * Per replica, slot and phase one vote counts, and the first that contradicts it is evidence. A repeated
 * vote may be a reminder; then its signature is the same.
 */
function screenVote(state: ReplicaState, vote: Kind<'vote'>, nowMs: number): Screening {
  if (vote.replica === state.self) return 'own-echo';
  const { known, isCaught } = saidBefore(state, vote);
  if (known?.view === vote.view) {
    if (known.digest !== vote.digest) return isCaught ? 'duplicate' : 'wanted';
    const isReminder = isSlotVote(vote) && vote.attempt > 0;
    return isReminder && known.signature === vote.signature ? 'wanted' : 'duplicate';
  }
  const refusal = voteRefusal(state, vote);
  const isEarly = refusal === 'wrong-view' && isWantedEarly(state, vote, 'direct');
  if (refusal === undefined || isEarly) return 'wanted';
  if (!asksForHelp(state, vote)) return refusal;
  return state.attention.has('reminder', vote.replica, nowMs) ? 'wanted' : 'throttled';
}

function saidBefore(state: ReplicaState, vote: Vote) {
  const { checkpoints, window } = state;
  if (!isSlotVote(vote)) {
    const known = checkpoints.vote(vote.sequence, vote.replica);
    return { known, isCaught: checkpoints.isCaught(vote) };
  }
  const slot = window.get(vote.sequence);
  return { known: slot?.vote(vote.phase, vote.replica), isCaught: slot?.isCaught(vote) === true };
}

/** What is put off while this replica listens may count by the time that it is taken up. */
function voteRefusal(state: ReplicaState, vote: Vote): RejectCode | undefined {
  if (!state.window.contains(vote.sequence)) return 'outside-watermarks';
  if (!state.takesPart) return undefined;
  if (isSlotVote(vote)) return slotVoteRefusal(state, vote);
  return isVotedOn(state, vote) ? undefined : 'outside-watermarks';
}

/** Whether its sender lacks what was decided, and it is this replica's turn to help. */
function asksForHelp(state: ReplicaState, vote: Vote): boolean {
  const { sequence, replica, attempt } = vote;
  const over = isSlotVote(vote) ? state.lastExecuted : state.checkpoints.stable.sequence;
  return attempt > 0 && sequence <= over && answersTo(state.self, replica, attempt, state.size.n);
}

/**
 * Of each replica the first view-change of the highest view it asks for counts, until there are enough
 * for the view that is to begin, besides what a new-view refers to and what was asked for with its
 * proofs.
 */
function screenViewChange(state: ReplicaState, viewChange: Kind<'view-change'>): Screening {
  const { replica, view, digest, stable, slots } = viewChange;
  const { viewChanges } = state;
  // Everyone would have to fill the gap.
  const highest = slots.at(-1)?.sequence ?? 0;
  if (highest > stable.sequence + state.config.windowSlots) return 'outside-watermarks';
  // Its own as well: a view may stand on what a replica said before its store was lost.
  if (viewChanges.asksFor(digest) || viewChanges.isWanted(viewChange)) return 'wanted';
  if (replica === state.self) return 'own-echo';
  // Who asks for a view that began is helped into it.
  const began = view < state.view || (view === state.view && state.active);
  if (began) return state.active ? 'wanted' : 'duplicate';
  if ((viewChanges.of(replica)?.view ?? -1) >= view) return 'duplicate';
  return view === state.view && viewChanges.hasEnoughFor(view) ? 'duplicate' : 'wanted';
}

/** Its own comes back to a primary that stopped before it had entered the view. */
function screenNewView(state: ReplicaState, { replica, view }: Kind<'new-view'>): Screening {
  const began = view < state.view || (view === state.view && state.active);
  if (began && replica === state.self) return 'own-echo';
  const awaited = state.viewChanges.awaited(replica);
  return began || (awaited !== undefined && awaited.view >= view) ? 'duplicate' : 'wanted';
}

/** Who suspects the primary of a view that is over is helped into the present one. */
function screenSuspicion(state: ReplicaState, suspicion: Kind<'suspicion'>): Screening {
  if (suspicion.replica === state.self) return 'own-echo';
  if (suspicion.view < state.view) return state.active ? 'wanted' : 'duplicate';
  return state.suspicions.holds(suspicion, state.nowMs - state.viewTimeoutMs / 4)
    ? 'duplicate'
    : 'wanted';
}

function screenPrePrepare(
  state: ReplicaState,
  prePrepare: Kind<'pre-prepare'>,
  nowMs: number,
  via: Via,
): Screening {
  const { sequence, view, replica } = prePrepare;
  const slot = state.window.get(sequence);
  const proposal = slot?.inView.proposal?.prePrepare;
  const known = proposal !== undefined && isSameProposal(proposal, prePrepare);
  if (known && proposal.replica === state.self) return 'own-echo';
  if (known) return 'duplicate';
  if (replica !== primaryOf(view, state.size.n)) return 'wrong-primary';
  const isAwaited = slot !== undefined && isBeingFetched(state, slot, prePrepare);
  if (isAwaited && sequence > state.lastExecuted) return 'wanted';
  if (slot?.isConvicted(view) === true) return 'duplicate';
  if (sequence <= state.lastExecuted) {
    // A new primary that proposes what has executed here has not heard of it, and is told. A second
    // proposal for an executed slot is still evidence, as long as the first one is here.
    const isBehind = view > 0 && view === state.view;
    if (proposal === undefined && !isBehind) return 'duplicate';
    return state.attention.has('late-proposal', replica, nowMs) ? 'wanted' : 'throttled';
  }
  if (slot !== undefined && bringsNothing(slot, prePrepare)) return 'duplicate';
  // What is put off while this replica listens may be of use by the time that it is taken up.
  if (!state.takesPart || isEarlyProposal(state, prePrepare, via)) return 'wanted';
  return prePrepareRefusal(state, prePrepare) ?? 'wanted';
}

/** Whether it waits for bodies already, of which this one has none. */
function bringsNothing({ inView }: Slot, prePrepare: PrePrepare): boolean {
  const { awaitingBodies, missing } = inView;
  if (awaitingBodies === undefined || !isSameProposal(awaitingBodies, prePrepare)) return false;
  return !prePrepare.bodies.some(({ digest }) => missing.has(digest));
}

function screenCertificate(
  state: ReplicaState,
  certificate: Kind<'certificate'>,
  via: Via,
): Screening {
  const { sequence, phase, view } = certificate;
  if (phase === 'checkpoint') {
    return sequence > state.checkpoints.stable.sequence ? 'wanted' : 'duplicate';
  }
  const slot = state.window.get(sequence);
  const isDecisive = decides(certificate, state.size.n);
  const decided = slot?.decisive;
  const held = decided ?? slot?.certificate(phase);
  const known = decided !== undefined || (held !== undefined && held.view >= view && !isDecisive);
  const isKept = view === state.view && !state.early.hasRoomFor(certificate, via);
  if (!known && (isDecisive || !isKept) && sequence > state.lastExecuted) return 'wanted';
  // Two decisions that contradict each other must come to light, however late.
  if (isDecisive && held !== undefined && held.digest !== certificate.digest) {
    return 'wanted';
  }
  if (slot !== undefined && via === 'broadcast' && isLateSample(state, slot, certificate)) {
    return 'wanted';
  }
  const collector = slot?.inView.proposal?.prePrepare.collector;
  return collector === state.self ? 'own-echo' : 'duplicate';
}
