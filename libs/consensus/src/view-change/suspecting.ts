/**
 * When to suspect the primary (PBFT, section 4.4 and 4.5.2): a request that every honest replica
 * could have executed has waited for too long. It is the oldest one that is watched, so that a
 * primary which serves others cannot starve one client.
 *
 * A replica that leaves its view without need is missing to the others. So after half of the time it
 * makes sure that the primary has the request; while it is behind what an honest replica executed, it
 * suspects no one; and it leaves when f + 1 suspect the primary (`state/suspicions.ts`), and takes part
 * until then.
 *
 * Invariant kept here (no replica leaves alone): a view is left for suspicion only when f + 1 suspect its
 * primary, so that one of them is honest, and all others get the same f + 1 suspicions and follow.
 *
 * Invariant kept here (nobody is blamed for what they could not do): an honest primary proposes a
 * client's requests in the order of their timestamps, and cannot take one only while it holds so many
 * others of the client, or so large ones, that there is no room, all of them lower or proposed already
 * (`state/request-pool.ts`). Those it executes next. Hence, of a request that still waits when its time
 * is up (`noteServed` in `slot/executing.ts` keeps account of what was executed):
 * - one of its client was executed that does not lie within one window with it: the client broke
 *   the rule of the window (`state/client-table.ts`), and nobody is blamed;
 * - else one with a higher timestamp was executed that was proposed when the primary had been sent this
 *   one, and too few for a window that was full: it was passed over;
 * - else others of its client were executed: it waits for its turn. Fewer than 2W others lie within
 *   one window with it, and an honest client sends no more than W above it: this ends;
 * - else the primary does not serve this client at all.
 * What was executed excuses the primary only up to then: whatever is watched next has been waiting since
 * something last executed, or a primary that stopped right after it served a client would be waited for
 * twice.
 */

import type { View } from '../messages/ids.js';
import type { Request, Suspicion, Verified } from '../messages/index.js';
import type { ViewChangeReason } from '../model/effect.js';
import type { ReplicaState } from '../state/replica-state.js';
import { MAX_CLIENT_POOL_BYTES } from '../state/request-pool.js';
import type { WatchedRequest } from '../state/watched-request.js';
import { noteLagging } from '../sync/catching-up.js';
import { answerCall, startViewChange, timeNewView } from './changing-view.js';

/** Of the time that a request may take, what is left for the primary to take it after a reminder. */
const LEAST_AFTER_REMINDER = 1 / 4;

/** Part of a window, in requests and bytes: with less than that executed, there was room. */
const FAR_FROM_FULL = 1 / 4;

/** A suspicion that is not repeated lapses after so many of the times that a request may take. */
const LASTS = 2;

/** Nobody can be blamed for silence from now on: nothing is heard, or listened to. */
export function pauseClocks(state: ReplicaState): void {
  state.paused = true;
  state.newViewTimed = false;
  // What the outage took is not what it costs to go through view-changes.
  state.supportedAtMs = undefined;
  state.emit({ kind: 'cancel-timer', timer: { kind: 'new-view', view: state.view } });
  stopWatching(state);
}

/** Starts the clocks from zero. */
export function resumeClocks(state: ReplicaState): void {
  if (state.isAway) return;
  state.paused = false;
  timeNewView(state);
}

/** Watches the oldest waiting request; restarts the clock only when that is another one. */
export function watchOldestRequest(state: ReplicaState): void {
  if (!state.active || state.paused) return;
  const { watchedRequest: watched, pool } = state;
  // It is the oldest for as long as it waits.
  if (watched !== undefined && pool.get(watched.digest) !== undefined) return;
  watchOldest(state, 0);
}

/** @param waitedMs for how long the oldest request waits already */
function watchOldest(state: ReplicaState, waitedMs: number): void {
  const oldest = state.isPrimary ? undefined : state.pool.oldest();
  if (oldest !== undefined) watch(state, oldest, waitedMs);
  else if (state.watchedRequest !== undefined) stopWatching(state);
}

function watch(state: ReplicaState, request: Request, waitedMs: number): void {
  const { digest, client, timestamp } = request;
  const unserved = { served: 0, servedBytes: 0, clientAtFault: false, passedOver: false };
  state.watchedRequest = { digest, client, timestamp, reminded: undefined, ...unserved };
  const halfMs = state.viewTimeoutMs / 2;
  if (waitedMs < halfMs) setTimer(state, halfMs - waitedMs);
  else remind(state, state.watchedRequest, request, 2 * halfMs - waitedMs);
}

/** Forgets what was watched, so that the next call starts a new clock. */
export function stopWatching(state: ReplicaState): void {
  state.watchedRequest = undefined;
  state.emit({ kind: 'cancel-timer', timer: { kind: 'request', view: state.view } });
}

/** It fires twice: half the time is for the request to reach the primary. */
function setTimer(state: ReplicaState, afterMs = state.viewTimeoutMs / 2): void {
  state.emit({ kind: 'set-timer', timer: { kind: 'request', view: state.view }, afterMs });
}

/** The watched request still waits: the primary is reminded once, then it had its chance. */
export function onRequestWaits(state: ReplicaState): void {
  const { watchedRequest: watched } = state;
  const request = watched === undefined ? undefined : state.pool.get(watched.digest);
  const isNew =
    request !== undefined && state.clients.lookup(request.client, request.timestamp).kind === 'new';
  if (watched === undefined || !isNew) {
    if (request !== undefined) state.pool.remove(request.client, request.timestamp);
  } else if (watched.reminded === undefined) {
    remind(state, watched, request, state.viewTimeoutMs / 2);
  } else if (state.recovery.provenProgress > state.lastExecuted) {
    noteLagging(state);
    setTimer(state);
  } else if (isExcused(state, watched)) {
    // Whatever is watched next was waiting while this one was watched.
    watchOldest(state, state.nowMs - state.executedAtMs);
  } else {
    sendToPrimary(state, request);
    setTimer(state);
    suspectPrimary(state, 'request-waits');
  }
}

/** @param leftMs of the time that the request may take */
function remind(
  state: ReplicaState,
  watched: WatchedRequest,
  request: Request,
  leftMs: number,
): void {
  watched.reminded = { atMs: state.nowMs, executed: state.lastExecuted };
  sendToPrimary(state, request);
  setTimer(state, Math.max(leftMs, LEAST_AFTER_REMINDER * state.viewTimeoutMs));
}

function sendToPrimary(state: ReplicaState, request: Request): void {
  state.emit({ kind: 'send', to: { kind: 'replica', id: state.primary }, message: request });
}

/**
 * A primary that keeps naming collectors which fail is itself at fault: an honest one passes over f of
 * them, and each costs it no more than the slots in flight that name it.
 */
export function suspectFailingCollectors(state: ReplicaState): void {
  const { f, weakQuorum } = state.size;
  const limit = weakQuorum * state.config.maxInFlightSlots + f;
  if (state.fallenBackInARow <= limit || !state.active || state.isPrimary) return;
  state.fallenBackInARow = 0;
  suspectPrimary(state, 'collectors-fail');
}

/** Says to all that the primary of this view does not do its work. */
export function suspectPrimary(state: ReplicaState, why: ViewChangeReason): void {
  const suspicion = { kind: 'suspicion', view: state.view, replica: state.self } as const;
  state.suspicions.add(suspicion, state.nowMs);
  state.suspicions.own = why;
  state.emit({ kind: 'send', to: { kind: 'all' }, message: suspicion });
  leaveIfSuspected(state);
}

/**
 * The view that a quorum asked for did not begin here. It may have begun at the others, which help this
 * replica to enter it: it asks for the next one only when f + 1 do.
 */
export function onNewViewMissing(state: ReplicaState, view: View): void {
  if (state.active || state.paused || view !== state.view) return;
  const timer = { kind: 'new-view', view } as const;
  state.emit({ kind: 'set-timer', timer, afterMs: state.viewTimeoutMs / 2 });
  suspectPrimary(state, 'view-did-not-begin');
}

/** Another replica suspects the primary: of this view, of a later one, or of one that is over. */
export function onSuspicion(state: ReplicaState, suspicion: Verified<Suspicion>): void {
  const { replica, view } = suspicion;
  if (view < state.view) {
    answerCall(state, replica);
    return;
  }
  state.suspicions.add(suspicion, state.nowMs);
  leaveIfSuspected(state);
}

/** A replica that asks for a later view suspects the primary of this one as well. */
export function leaveIfSuspected(state: ReplicaState): void {
  const { view, self, size } = state;
  if (state.paused) return;
  const suspicions = state.suspicions.of(view, state.nowMs - LASTS * state.viewTimeoutMs);
  const suspecting = new Set(suspicions.map(({ replica }) => replica));
  for (const { replica } of state.viewChanges.beyond(view)) suspecting.add(replica);
  if (suspecting.size < size.weakQuorum) return;
  const own = suspecting.has(self) ? state.suspicions.own : undefined;
  startViewChange(state, view + 1, own ?? 'others-ask');
}

/** Whether the primary may be unable to propose the request; then others are watched first. */
function isExcused(state: ReplicaState, watched: WatchedRequest): boolean {
  const { client, timestamp, served, servedBytes, clientAtFault, passedOver } = watched;
  if (served === 0) return false;
  if (clientAtFault) {
    state.reject('client-window-full', client);
    state.pool.remove(client, timestamp);
  } else if (passedOver) {
    const hadRoom =
      served < state.config.clientWindow * FAR_FROM_FULL &&
      servedBytes < MAX_CLIENT_POOL_BYTES * FAR_FROM_FULL;
    if (hadRoom) return false;
  }
  // Clients that are served less are watched first, so that this client does not protect the primary.
  state.pool.defer(client);
  return true;
}
