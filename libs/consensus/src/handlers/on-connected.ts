import type { Restored } from '../durable.js';
import { armStatusTimer, sendStatus } from '../catching-up.js';
import { resume } from '../restoring.js';
import type { ReplicaState } from '../state/replica-state.js';
import { timeNewView } from '../view-change/changing-view.js';
import { stopWatching, watchOldestRequest } from '../view-change/suspecting.js';

/**
 * The replica starts. A primary asks all where they are before it proposes anything; a backup
 * tells the primary alone, since it hears soon enough whether it lags. One that was here before
 * may have missed anything, the primary's fall included, so it asks all.
 */
export function onStarted(state: ReplicaState, restored: Restored | undefined): void {
  const toAll = state.isPrimary || restored !== undefined;
  sendStatus(state, toAll ? { kind: 'all' } : { kind: 'replica', id: state.primary });
  armStatusTimer(state);
  if (restored !== undefined) resume(state, restored);
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
