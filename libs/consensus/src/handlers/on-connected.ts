import { armStatusTimer, sendStatus } from '../catching-up.js';
import type { ReplicaState } from '../state/replica-state.js';
import { listenFirst } from '../taking-part.js';
import { pauseClocks, resumeClocks } from '../view-change/suspecting.js';

/**
 * The replica starts, tells all where it is and what it was told, and asks them the same. A primary
 * wants to know of a quorum where they are before it proposes anything.
 */
export function onStarted(state: ReplicaState): void {
  listenFirst(state);
  sendStatus(state);
  armStatusTimer(state);
}

/** The broker is back after an outage: whatever was sent meanwhile is lost. */
export function onReconnected(state: ReplicaState): void {
  if (state.takesPart) resumeClocks(state);
  sendStatus(state);
  armStatusTimer(state);
}

/** The broker is away: while it is, no primary can be blamed for silence. */
export function onDisconnected(state: ReplicaState): void {
  pauseClocks(state);
}
