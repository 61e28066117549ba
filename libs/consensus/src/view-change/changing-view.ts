/**
 * Leaving a view (PBFT, section 4.4): a replica that suspects the primary stops taking part in
 * its view and tells all what it knows of every slot above its stable checkpoint.
 *
 * Invariants kept here:
 * - a replica that has left a view votes in it no more: the view is durable before its
 *   view-change is sent;
 * - nothing it voted for is left out of its view-change, null batches included;
 * - f replicas alone make no replica leave.
 */

import type { ReplicaId, View } from '../messages/ids.js';
import type {
  MovedBy,
  SlotReport,
  UnsignedViewChange,
  Verified,
  ViewChange,
} from '../messages/index.js';
import type { ViewChangeReason } from '../model/effect.js';
import { invariant } from '../model/invariants.js';
import { answersTo } from '../routing/answerers.js';
import { showEquivocation } from '../slot/disputes.js';
import { mayAnswer } from '../state/answering.js';
import { certificatesIn, withoutProofs } from '../state/proofs.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';
import { beginView } from './new-view.js';

/** Whom a replica shows at a time what moved it. */
const SHOWN_TO = 4;

/** Until a view-change is sent again for the first time while its view does not begin. */
const RETRANSMISSION_MS = 250;

/**
 * Of the time in which the second half of a quorum's view-changes came in, that a view has to begin:
 * its primary has all of them to go through, and everybody the new-view.
 */
const PATIENCE = 4;

/** Leaves the current view and asks for `view`. */
export function startViewChange(state: ReplicaState, view: View, why: ViewChangeReason): void {
  invariant(view > state.view, 'order', () => `view ${view} after ${state.view}`);
  state.emit({ kind: 'cancel-timer', timer: { kind: 'request', view: state.view } });
  state.emit({ kind: 'progress', progress: { kind: 'left-view', view: state.view, why } });
  const movedBy = whatMoved(state, state.view);
  state.view = view;
  state.active = false;
  state.startCollectorsAnew();
  state.watchedRequest = undefined;
  state.failedViews += 1;
  state.newViewTimed = false;
  state.supportedAtMs = undefined;
  forgetWaitingProposals(state);
  const viewChange = {
    kind: 'view-change',
    view,
    stable: state.checkpoints.stable,
    slots: reportSlots(state),
    replica: state.self,
  } as const;
  state.persist({ kind: 'view-left', view, viewChange, movedBy });
  askForView(state, viewChange);
}

/** Nobody stays in a view whose primary is convicted. */
export function leaveIfConvicted(state: ReplicaState): void {
  const { equivocation, view, active } = state;
  if (!active || equivocation?.[0].view !== view) return;
  startViewChange(state, view + 1, 'primary-equivocates');
}

/**
 * Sends the stored view-change, after a restart the same one. The proofs in it are not sent until a
 * replica asks for them.
 */
export function askForView(state: ReplicaState, viewChange: UnsignedViewChange): void {
  state.viewChanges.learnOwn(certificatesIn(viewChange));
  state.emit({ kind: 'send', to: { kind: 'all' }, message: withoutProofs(viewChange) });
  retransmitLater(state, 0);
}

/** Proposals of the view that is left must not be voted on when their bodies arrive. */
function forgetWaitingProposals(state: ReplicaState): void {
  for (const slot of state.window.values()) {
    slot.inView.awaitingBodies = undefined;
    slot.inView.missing.clear();
  }
  state.slotsAwaitingBodies.clear();
}

/** What this replica voted for and saw certified above its stable checkpoint. */
function reportSlots(state: ReplicaState): SlotReport[] {
  const { sequence: stable } = state.checkpoints.stable;
  return [...state.window.values()]
    .filter(({ sequence }) => sequence > stable)
    .map(reportOf)
    .filter(({ vote, certificate }) => vote !== null || certificate !== null)
    .sort((a, b) => a.sequence - b.sequence);
}

function reportOf(slot: Slot): SlotReport {
  const vote = slot.ownVote('prepare');
  return {
    sequence: slot.sequence,
    vote: vote === undefined ? null : { view: vote.view, digest: vote.digest },
    certificate: slot.certificate('prepare') ?? null,
  };
}

/** Another replica, or this one, asks for a view. */
export function considerViewChange(state: ReplicaState, viewChange: Verified<ViewChange>): void {
  const { view, replica, stable, slots } = viewChange;
  const { viewChanges } = state;
  // An honest replica has nothing above its watermarks; everyone would have to fill the gap.
  if ((slots.at(-1)?.sequence ?? 0) > stable.sequence + state.config.windowSlots) {
    state.reject('malformed-view-change', replica);
    return;
  }
  const began = view < state.view || (view === state.view && state.active);
  if (began) {
    if (viewChanges.isWanted(viewChange)) viewChanges.add(viewChange);
    answerCall(state, replica);
    return;
  }
  viewChanges.add(viewChange);
  const supported = viewChanges.supportedView;
  if (supported > state.view) startViewChange(state, supported, 'others-ask');
  timeNewView(state);
  beginView(state);
}

/** A replica asks for a view that has begun, or suspects the primary of an earlier one: others help in turn. */
export function answerCall(state: ReplicaState, replica: ReplicaId): void {
  const calls = state.viewChanges.countCall(replica);
  if (answersTo(state.self, replica, calls, state.size.n)) helpIntoView(state, replica);
}

/** A replica that is behind gets the new-view that the current view began with. */
export function helpIntoView(state: ReplicaState, replica: number): void {
  const { current } = state.viewChanges;
  if (current === undefined || !state.active || replica === state.self) return;
  const { viewChanges, reproposals } = current.newView;
  const bytes = 100 * (viewChanges.length + reproposals.length);
  if (!mayAnswer(state, replica, bytes, 'certificates')) return;
  state.emit({ kind: 'send', to: { kind: 'replica', id: replica }, message: current.newView });
}

/**
 * Once a quorum asks for the view, its primary has a limited time to begin it. From f + 1 on everyone
 * asks at once, so how long the rest of the quorum took says what it costs to go through them here.
 */
export function timeNewView(state: ReplicaState): void {
  if (state.active || state.paused || state.newViewTimed) return;
  const asking = state.viewChanges.countAsking(state.view);
  if (asking >= state.size.weakQuorum) state.supportedAtMs ??= state.nowMs;
  if (asking < state.size.quorum) return;
  const tookMs = state.nowMs - (state.supportedAtMs ?? state.nowMs);
  state.viewChangeCostMs = Math.max(state.viewChangeCostMs, PATIENCE * tookMs);
  state.newViewTimed = true;
  const timer = { kind: 'new-view', view: state.view } as const;
  state.emit({ kind: 'set-timer', timer, afterMs: state.viewTimeoutMs });
}

/** The view has still not begun: the view-change may have been lost. */
export function onViewChangeDue(state: ReplicaState, view: View, attempt: number): void {
  if (state.active || view !== state.view) return;
  const own = state.viewChanges.of(state.self);
  if (own?.view === view) state.emit({ kind: 'send', to: { kind: 'all' }, message: own });
  showEquivocation(state);
  showSuspicions(state, attempt);
  retransmitLater(state, attempt + 1);
}

/**
 * Shows what made this replica leave to replicas that have not left, a few at a time, until a quorum
 * has: f liars may have sent it to this replica alone, or the others were disconnected.
 */
function showSuspicions(state: ReplicaState, attempt: number): void {
  const { viewChanges, view, self, size } = state;
  if (viewChanges.countAsking(view) >= size.quorum) return;
  const said = whatMoved(state, view - 1);
  const stays = (each: ReplicaId): boolean => (viewChanges.of(each)?.view ?? 0) < view;
  const staying = state.everyone.filter((each) => each !== self && stays(each));
  for (let turn = 0; turn < Math.min(SHOWN_TO, staying.length); turn += 1) {
    const id = staying[(self + attempt * SHOWN_TO + turn) % staying.length] ?? self;
    for (const message of said) state.emit({ kind: 'send', to: { kind: 'replica', id }, message });
  }
}

/** Messages of others that make a replica that gets them leave `view`, together with this replica's own. */
function whatMoved({ suspicions, viewChanges, self, size }: ReplicaState, view: View): MovedBy[] {
  const asking = viewChanges.beyond(view).filter(({ replica }) => replica !== self);
  const suspecting = suspicions
    .ofOthers(view, self)
    .filter((said) => !asking.some(({ replica }) => replica === said.replica));
  return [...suspecting, ...asking.map(withoutProofs)].slice(0, size.weakQuorum);
}

/**
 * The interval doubles each time: repeated messages of n replicas to n others may be what keeps them
 * from processing the first ones.
 */
function retransmitLater(state: ReplicaState, attempt: number): void {
  const timer = { kind: 'view-change', view: state.view, attempt } as const;
  const { n } = state.size;
  const firstMs = Math.max(RETRANSMISSION_MS, 20 * n);
  const longestMs = Math.max(2 * RETRANSMISSION_MS, 60 * n, state.viewChangeCostMs);
  const afterMs = Math.min(firstMs * 2 ** attempt, longestMs);
  state.emit({ kind: 'set-timer', timer, afterMs });
}
