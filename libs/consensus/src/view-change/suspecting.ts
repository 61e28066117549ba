/**
 * When to suspect the primary (PBFT, section 4.4 and 4.5.2): a request that every honest replica
 * could have executed has waited for too long. It is the oldest one that is watched, so that a
 * primary which serves others cannot starve one client.
 *
 * A replica that leaves its view for nothing is one that the others have to do without, so half
 * way it makes sure that the primary has the request; and as long as it is behind what an honest
 * replica executed, the fault is its own.
 */

import { noteLagging } from '../catching-up.js';
import type { ReplicaState } from '../state/replica-state.js';
import { startViewChange } from './changing-view.js';

/** Watches the oldest waiting request; restarts the clock only when that is another one. */
export function watchOldestRequest(state: ReplicaState): void {
  if (!state.active || state.paused) return;
  const oldest = state.isPrimary ? undefined : state.pool.oldest();
  if (oldest === state.watchedRequest?.digest) return;
  if (oldest === undefined) {
    stopWatching(state);
  } else {
    state.watchedRequest = { digest: oldest, reminded: false };
    setTimer(state);
  }
}

/** Forgets what was watched, so that the next call starts a new clock. */
export function stopWatching(state: ReplicaState): void {
  state.watchedRequest = undefined;
  state.emit({ kind: 'cancel-timer', timer: { kind: 'request', view: state.view } });
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
    state.watchedRequest = undefined;
    watchOldestRequest(state);
  } else if (!watched.reminded) {
    watched.reminded = true;
    state.emit({ kind: 'send', to: { kind: 'replica', id: state.primary }, message: request });
    setTimer(state);
  } else if (state.recovery.provenProgress > state.lastExecuted) {
    noteLagging(state);
    setTimer(state);
  } else {
    startViewChange(state, state.view + 1, 'request-waits');
  }
}
