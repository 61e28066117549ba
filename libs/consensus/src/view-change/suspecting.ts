/**
 * When to suspect the primary (PBFT, section 4.4 and 4.5.2): a request that every honest replica
 * could have executed has waited for too long. It is the oldest one that is watched, so that a
 * primary which serves others cannot starve one client.
 *
 * A replica that leaves its view for nothing is one that the others have to do without, so half
 * way it makes sure that the primary has the request; as long as it is behind what an honest
 * replica executed, the fault is its own; and it leaves when f + 1 say that they suspect the primary
 * (`suspicions.ts`), and takes part until then.
 *
 * Invariant kept here (nobody is blamed for what they could not do): an honest primary proposes a
 * client's requests in the order of their timestamps, and cannot take one only while it holds so many
 * others of the client, or so large ones, that there is no room, all of them lower or proposed already
 * (`state/request-pool.ts`). Those it executes next. Hence, of a request that still waits when its time
 * is up:
 * - one of its client was executed that does not lie within one window with it: the client broke
 *   the rule of the window (`state/client-table.ts`), and nobody is blamed;
 * - else one with a higher timestamp was executed that was proposed when the primary had been sent this
 *   one, and too few for a window that was full: it was passed over;
 * - else others of its client were executed: it waits for its turn. Fewer than 2W others lie within
 *   one window with it, and an honest client sends no more than W above it: this ends;
 * - else the primary does not serve this client at all.
 */

import { noteLagging } from '../catching-up.js';
import type { ViewChangeReason } from '../effect.js';
import type { View } from '../ids.js';
import type { Request, Suspicion, Verified } from '../messages.js';
import type { ReplicaState } from '../state/replica-state.js';
import { MAX_CLIENT_POOL_BYTES, mostPoolBytes } from '../state/request-pool.js';
import type { WatchedRequest } from '../state/watched-request.js';
import { answerCall, startViewChange, timeNewView } from './changing-view.js';

/** Part of a window, in requests and bytes: with less than that executed, there was room. */
const FAR_FROM_FULL = 1 / 4;

/** A suspicion that is not repeated lapses after so many of the times that a request may take. */
const LASTS = 2;

/** Nobody can be blamed for silence from now on: nothing is heard, or listened to. */
export function pauseClocks(state: ReplicaState): void {
  state.paused = true;
  state.newViewTimed = false;
  state.emit({ kind: 'cancel-timer', timer: { kind: 'new-view', view: state.view } });
  stopWatching(state);
}

/** Starts the clocks from zero. */
export function resumeClocks(state: ReplicaState): void {
  state.paused = false;
  watchOldestRequest(state);
  timeNewView(state);
}

/** Watches the oldest waiting request; restarts the clock only when that is another one. */
export function watchOldestRequest(state: ReplicaState): void {
  if (!state.active || state.paused) return;
  const oldest = state.isPrimary ? undefined : state.pool.oldest();
  if (oldest === state.watchedRequest?.digest) return;
  const request = oldest === undefined ? undefined : state.pool.get(oldest);
  if (request === undefined) stopWatching(state);
  else watch(state, request);
}

function watch(state: ReplicaState, { digest, client, timestamp }: Request): void {
  const unserved = { served: 0, servedBytes: 0, clientAtFault: false, passedOver: false };
  state.watchedRequest = { digest, client, timestamp, reminded: undefined, ...unserved };
  setTimer(state);
}

/** Forgets what was watched, so that the next call starts a new clock. */
export function stopWatching(state: ReplicaState): void {
  state.watchedRequest = undefined;
  state.emit({ kind: 'cancel-timer', timer: { kind: 'request', view: state.view } });
}

/** A request executed: it may tell why another one of its client waits. */
export function noteServed(state: ReplicaState, request: Request): void {
  const { client, timestamp } = request;
  const { watchedRequest: watched, config, nowMs } = state;
  if (watched?.client !== client || watched.timestamp === timestamp) return;
  watched.served += 1;
  watched.servedBytes += mostPoolBytes(request);
  if (Math.abs(timestamp - watched.timestamp) >= config.clientWindow) watched.clientAtFault = true;
  const { reminded } = watched;
  if (timestamp < watched.timestamp || reminded === undefined) return;
  // What had been proposed by then, and on its way to this replica, says nothing.
  const isLater =
    nowMs >= reminded.atMs + state.viewTimeoutMs / 4 &&
    state.lastExecuted > reminded.executed + config.maxInFlightSlots;
  if (isLater) watched.passedOver = true;
}

/** It fires twice: half the time is for the request to reach the primary. */
function setTimer(state: ReplicaState): void {
  const timer = { kind: 'request', view: state.view } as const;
  state.emit({ kind: 'set-timer', timer, afterMs: state.viewTimeoutMs / 2 });
}

/** The watched request still waits: the primary is reminded once, then it had its chance. */
export function onRequestWaits(state: ReplicaState): void {
  const { watchedRequest: watched } = state;
  const request = watched === undefined ? undefined : state.pool.get(watched.digest);
  const isNew =
    request !== undefined && state.clients.lookup(request.client, request.timestamp).kind === 'new';
  if (watched === undefined || !isNew) {
    if (request !== undefined) state.pool.remove(request.client, request.timestamp);
    watchAnother(state);
  } else if (watched.reminded === undefined) {
    watched.reminded = { atMs: state.nowMs, executed: state.lastExecuted };
    remindPrimary(state, request);
  } else if (state.recovery.provenProgress > state.lastExecuted) {
    noteLagging(state);
    setTimer(state);
  } else if (isExcused(state, watched)) {
    watchAnother(state);
  } else {
    remindPrimary(state, request);
    suspectPrimary(state, 'request-waits');
  }
}

function remindPrimary(state: ReplicaState, request: Request): void {
  state.emit({ kind: 'send', to: { kind: 'replica', id: state.primary }, message: request });
  setTimer(state);
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
 * The view that a quorum asked for did not begin here. It may have begun for the others, who help this
 * replica into it: it asks for the next one only when f + 1 do.
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

/** Whoever asks for a later view suspects the primary of this one as well. */
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
  // Whoever is served less is watched first, so that this client shields nobody.
  state.pool.defer(client);
  return true;
}

function watchAnother(state: ReplicaState): void {
  state.watchedRequest = undefined;
  watchOldestRequest(state);
}
