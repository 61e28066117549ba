/**
 * Beginning a view (PBFT, section 4.4): the new primary shows a quorum of view-changes and what
 * follows from them; every replica computes that again and enters the view only if the result is equal.
 *
 * Invariant kept here (agreement): in a new view, a slot that may have been decided is proposed
 * with its digest again; see `choose-reproposals.ts`. A primary makes one new-view for a view, on
 * one quorum; after a restart it makes none (`restoring.ts`).
 */

import { repropose } from '../slot/proposing.js';
import type { Digest, ReplicaId } from '../messages/ids.js';
import type {
  Certificate,
  Fetch,
  NewView,
  Reproposal,
  Verified,
  ViewChange,
} from '../messages/index.js';
import type { CompleteNewView } from '../model/durable.js';
import { invariant } from '../model/invariants.js';
import { viewChangeBytes } from '../model/message-size.js';
import { primaryOf } from '../model/quorum.js';
import { mayAnswer } from '../state/answering.js';
import type { ReplicaState } from '../state/replica-state.js';
import { storable } from '../state/view-changes.js';
import { applyCheckpoint } from '../sync/checkpointing.js';
import { type CarriedOver, chooseReproposals } from './choose-reproposals.js';

/** Begins the view that this replica waits for, or enters it, when what it stands on is here. */
export function beginView(state: ReplicaState): void {
  if (state.active) return;
  beginViewIfPrimary(state);
  completeNewView(state);
}

/**
 * As primary of the view that this replica waits for, begins it on a quorum of view-changes. Missing
 * proofs of what they report are fetched; a view-change whose proof does not come in time is left out,
 * if the others are a quorum.
 *
 * @param attempt how often the missing proofs were asked for without success
 */
export function beginViewIfPrimary(state: ReplicaState, attempt = 0): void {
  if (state.active || !state.isPrimary || state.newViewMadeFor >= state.view) return;
  const { viewChanges, self } = state;
  const isWaiting = viewChanges.fetchingFor.has(self);
  const unproven = viewChanges.unprovenFor(state.view);
  if (unproven.length > 0 && isWaiting) return;
  const quorum =
    unproven.length === 0 || attempt > 0 ? viewChanges.quorumFor(state.view) : undefined;
  if (quorum === undefined) {
    if (unproven.length === 0) return;
    for (const { replica, digest } of unproven) fetchFrom(state, replica, digest);
    waitForFetched(state, self, attempt);
    return;
  }
  const { reproposals } = carriedOver(state, quorum);
  state.newViewMadeFor = state.view;
  state.viewChanges.beginsOn(quorum);
  state.emit({
    kind: 'send',
    to: { kind: 'all' },
    message: {
      kind: 'new-view',
      view: state.view,
      viewChanges: quorum.map(({ replica, digest }) => ({ replica, digest })),
      reproposals,
      replica: state.self,
    },
  });
}

/** The primary of a later view says that it begins. */
export function considerNewView(state: ReplicaState, newView: Verified<NewView>): void {
  const { view, replica } = newView;
  if (view < state.view || (view === state.view && state.active)) return;
  if (replica !== primaryOf(view, state.size.n)) {
    state.reject('wrong-primary', replica);
    return;
  }
  if (!refersToQuorum(state, newView)) {
    state.reject('wrong-new-view', replica);
    return;
  }
  if (!state.viewChanges.await(newView)) return;
  completeNewView(state);
  // Else its turn comes when the time for the one before is over.
  if (!state.viewChanges.fetchingFor.has(replica)) fetchMissing(state, newView, 0);
}

/** Whether it refers to a quorum of members, each once: before anything is fetched for it. */
function refersToQuorum({ size }: ReplicaState, { viewChanges }: NewView): boolean {
  return (
    viewChanges.length === size.quorum &&
    viewChanges.every(
      ({ replica }, index) => replica < size.n && replica > (viewChanges[index - 1]?.replica ?? -1),
    )
  );
}

/** Enters the view of a new-view whose view-changes are all here and justify what it proposes again. */
export function completeNewView(state: ReplicaState): void {
  const { viewChanges } = state;
  for (const { newView, missing } of viewChanges.incomplete) {
    if (missing.length > 0) continue;
    const referred = newView.viewChanges
      .map(({ digest }) => viewChanges.find(digest))
      .filter((each) => each !== undefined);
    viewChanges.dismiss(newView);
    if (newView.view < state.view || (newView.view === state.view && state.active)) continue;
    const complete = { newView, viewChanges: referred };
    const carried = checkedCarryOver(state, complete);
    if (carried === undefined) state.reject('wrong-new-view', newView.replica);
    else enterView(state, complete, carried);
  }
}

/**
 * How often the view-changes of a new-view are asked for. When another replica passes the new-view on
 * again, because this one asks for help, another round begins.
 */
const FETCH_ATTEMPTS = 6;

/**
 * Asks for the view-changes a new-view refers to: its sender for all of them, then each replica for its
 * own, then others in turn, since all that are in the view have them.
 *
 * Invariant kept here (bounded traffic): at most a quorum of fetches in the time that they have to be
 * answered, for each replica, whatever new-views it makes up.
 */
function fetchMissing(state: ReplicaState, newView: Verified<NewView>, attempt: number): void {
  const { viewChanges } = state;
  const missing = viewChanges.incomplete.find((each) => each.newView === newView)?.missing;
  if (missing === undefined) return;
  if (attempt >= FETCH_ATTEMPTS) {
    viewChanges.dismiss(newView);
    return;
  }
  const wanted = viewChanges.toFetch(missing);
  const other = anotherInTurn(state);
  for (const { replica, digest } of newView.viewChanges) {
    if (!wanted.has(digest)) continue;
    const holder = [newView.replica, replica][attempt];
    fetchFrom(state, holder === undefined || holder === state.self ? other : holder, digest);
  }
  waitForFetched(state, newView.replica, attempt);
}

function anotherInTurn({ viewChanges, self, size }: ReplicaState): ReplicaId {
  const turn = viewChanges.fetchRounds % (size.n - 1);
  viewChanges.fetchRounds += 1;
  return (self + 1 + turn) % size.n;
}

function fetchFrom(state: ReplicaState, holder: ReplicaId, digest: Digest): void {
  if (holder === state.self) return;
  state.viewChanges.ask(digest);
  state.emit({
    kind: 'send',
    to: { kind: 'replica', id: holder },
    message: { kind: 'fetch', replica: state.self, sequence: 0, digest },
  });
}

function waitForFetched(state: ReplicaState, replica: ReplicaId, attempt: number): void {
  state.viewChanges.fetchingFor.add(replica);
  state.emit({
    kind: 'set-timer',
    timer: { kind: 'fetch-view-changes', replica, attempt },
    afterMs: state.certificateDelay.timeoutMs(attempt),
  });
}

/** The view-changes did not come in time: what is still missing is asked of another replica. */
export function onViewChangesMissing(
  state: ReplicaState,
  replica: ReplicaId,
  attempt: number,
): void {
  state.viewChanges.fetchingFor.delete(replica);
  const newView = state.viewChanges.awaited(replica);
  if (replica === state.self) beginViewIfPrimary(state, attempt + 1);
  if (newView !== undefined) fetchMissing(state, newView, attempt + 1);
}

/** A peer lacks a view-change that some new-view refers to. */
export function onFetchViewChange(state: ReplicaState, { replica, digest }: Fetch): void {
  if (replica === state.self) return;
  const viewChange = state.viewChanges.find(digest);
  if (viewChange === undefined) return;
  if (!mayAnswer(state, replica, viewChangeBytes(viewChange), 'certificates')) return;
  state.emit({ kind: 'send', to: { kind: 'replica', id: replica }, message: viewChange });
}

/** @returns what the view carries over; undefined when the new-view says something else */
function checkedCarryOver(
  state: ReplicaState,
  { newView, viewChanges }: CompleteNewView,
): CarriedOver | undefined {
  const { view } = newView;
  const signers = new Set(viewChanges.map(({ replica }) => replica));
  if (signers.size !== state.size.quorum || viewChanges.length !== signers.size) return undefined;
  if (viewChanges.some((each) => each.view !== view)) return undefined;
  const carried = carriedOver(state, viewChanges);
  const { reproposals } = carried;
  const isSaid =
    reproposals.length === newView.reproposals.length &&
    reproposals.every((each, index) => isSame(each, newView.reproposals[index]));
  return isSaid ? carried : undefined;
}

function isSame(a: Reproposal, b: Reproposal | undefined): boolean {
  return a.sequence === b?.sequence && a.digest === b.digest;
}

function carriedOver(state: ReplicaState, viewChanges: readonly ViewChange[]): CarriedOver {
  return chooseReproposals(viewChanges, state.size, state.dependencies.digests.batch([]));
}

function enterView(
  state: ReplicaState,
  complete: CompleteNewView,
  { stable, reproposals }: CarriedOver,
): void {
  const { view } = complete.newView;
  for (const kind of ['request', 'new-view'] as const) {
    state.emit({ kind: 'cancel-timer', timer: { kind, view } });
  }
  state.emit({ kind: 'cancel-timer', timer: { kind: 'view-change', view, attempt: 0 } });
  state.view = view;
  state.startCollectorsAnew();
  state.equivocation = undefined;
  state.fallenBackInARow = 0;
  state.viewChanges.entered(complete);
  state.persist({ kind: 'view-entered', view, newView: storable(complete) });
  state.carriedOver = new Map(reproposals.map(({ sequence, digest }) => [sequence, digest]));
  // Verifying the view-change verified the certificate inside it.
  const certificate = stable.certificate as Verified<Certificate<'checkpoint'>> | null;
  if (certificate !== null) applyCheckpoint(state, certificate);
  startSlotsAnew(state);
  const highest = reproposals.at(-1)?.sequence ?? stable.sequence;
  state.nextSequence = Math.max(highest, state.lastExecuted, stable.sequence) + 1;
  // Not before: until it knows the first free slot, a new primary must propose nothing.
  state.active = true;
  state.recovery.settle();
  const progress = { kind: 'entered-view', view, carriedOver: reproposals.length } as const;
  state.emit({ kind: 'progress', progress });
  state.watchedRequest = undefined;
  if (state.isPrimary) for (const { sequence } of reproposals) repropose(state, sequence);
}

/** Slots forget the old view's dealings, but neither votes cast nor certificates nor batches. */
function startSlotsAnew(state: ReplicaState): void {
  state.slotsAwaitingBodies.clear();
  for (const slot of state.window.values()) {
    const chosen = state.carriedOver.get(slot.sequence);
    const decided = slot.decisive;
    // What a later view decided says nothing against a view that this replica hears of late.
    const isEarlier = decided !== undefined && decided.view < state.view;
    invariant(
      !isEarlier || chosen === undefined || decided.digest === chosen,
      'agreement',
      () => `view ${state.view} proposes another digest at ${slot.sequence} than was decided`,
    );
    slot.enterView();
  }
  state.pool.markAllWaiting();
}
