import { resumeAfterOutage } from './slot/resuming.js';
import type { ReplicaState } from './state/replica-state.js';
import { armStatusTimer, sendStatus } from './sync/catching-up.js';
import { askNext } from './sync/fetching-state.js';
import { listenFirst } from './taking-part.js';
import { pauseClocks, resumeClocks } from './view-change/suspecting.js';

/**
 * The replica starts: it sends its progress and settings to all and asks for theirs. A primary proposes
 * nothing before a quorum has answered.
 */
export function onStarted(state: ReplicaState): void {
  listenFirst(state);
  sendStatus(state);
  armStatusTimer(state);
}

/** The broker is back after an outage: whatever was sent meanwhile is lost. */
export function onReconnected(state: ReplicaState): void {
  state.isAway = false;
  sendStatus(state);
  armStatusTimer(state);
  if (!state.takesPart) return;
  resumeClocks(state);
  resumeAfterOutage(state);
  if (state.transfer !== undefined) askNext(state, state.transfer);
}

/** The broker is away: while it is, no primary can be blamed for silence. */
export function onDisconnected(state: ReplicaState): void {
  state.isAway = true;
  pauseClocks(state);
}
