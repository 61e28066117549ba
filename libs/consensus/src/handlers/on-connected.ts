import { armStatusTimer, sendStatus } from '../catching-up.js';
import type { ReplicaState } from '../state/replica-state.js';

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
  sendStatus(state);
  armStatusTimer(state);
}
