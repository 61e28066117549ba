/**
 * When to suspect the primary (PBFT, section 4.4 and 4.5.2): a request that every honest replica
 * could have executed has waited for too long. It is the oldest one that is watched, so that a
 * primary which serves others cannot starve one client.
 */

import type { ReplicaState } from '../state/replica-state.js';
import { startViewChange } from './changing-view.js';

/** Watches the oldest waiting request; restarts the clock only when that is another one. */
export function watchOldestRequest(state: ReplicaState): void {
  if (!state.active || state.paused) return;
  const oldest = state.pool.oldest();
  if (oldest === state.watchedRequest) return;
  state.watchedRequest = oldest;
  const timer = { kind: 'request', view: state.view } as const;
  if (oldest === undefined || state.isPrimary) state.emit({ kind: 'cancel-timer', timer });
  else state.emit({ kind: 'set-timer', timer, afterMs: state.viewTimeoutMs });
}

/** Forgets what was watched, so that the next call starts a new clock. */
export function stopWatching(state: ReplicaState): void {
  state.watchedRequest = undefined;
  state.emit({ kind: 'cancel-timer', timer: { kind: 'request', view: state.view } });
}

/** The watched request still waits: the primary had its chance. */
export function onRequestWaitsTooLong(state: ReplicaState): void {
  const watched = state.watchedRequest;
  state.watchedRequest = undefined;
  const request = watched === undefined ? undefined : state.pool.get(watched);
  if (request === undefined) {
    watchOldestRequest(state);
  } else if (state.clients.lookup(request.client, request.timestamp).kind !== 'new') {
    state.pool.remove(request.client, request.timestamp);
    watchOldestRequest(state);
  } else {
    startViewChange(state, state.view + 1, 'request-waits');
  }
}
