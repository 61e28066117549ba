import { armStatusTimer, sendStatus } from '../catching-up.js';
import type { ReplicaState } from '../state/replica-state.js';
import { timeNewView } from '../view-change/changing-view.js';
import { stopWatching, watchOldestRequest } from '../view-change/suspecting.js';

/**
 * The replica starts. A primary asks all where they are before it proposes anything; a backup
 * tells the primary alone, since it hears soon enough whether it lags.
 */
export function onStarted(state: ReplicaState): void {
  sendStatus(state, state.isPrimary ? { kind: 'all' } : { kind: 'replica', id: state.primary });
  armStatusTimer(state);
}

/** The broker is back after an outage: whatever was sent meanwhile is lost. */
export function onReconnected(state: ReplicaState): void {
  state.paused = false;
  watchOldestRequest(state);
  timeNewView(state);
  sendStatus(state);
  armStatusTimer(state);
}

/** The broker is away: while it is, no primary can be blamed for silence. */
export function onDisconnected(state: ReplicaState): void {
  state.paused = true;
  state.newViewTimed = false;
  state.emit({ kind: 'cancel-timer', timer: { kind: 'new-view', view: state.view } });
  stopWatching(state);
}
