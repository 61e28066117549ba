import { armStatusTimer, broadcastStatus } from '../catching-up.js';
import type { ReplicaState } from '../state/replica-state.js';

/** The replica starts. A primary asks where the others are; a backup hears it soon enough. */
export function onStarted(state: ReplicaState): void {
  if (state.isPrimary) broadcastStatus(state);
  armStatusTimer(state);
}

/** The broker is back after an outage: whatever was sent meanwhile is lost. */
export function onReconnected(state: ReplicaState): void {
  broadcastStatus(state);
  armStatusTimer(state);
}
