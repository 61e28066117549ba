import type { Verified, ViewChange } from '../messages.js';
import type { ReplicaState } from '../state/replica-state.js';
import { considerViewChange } from '../view-change/changing-view.js';
import { leaveIfSuspected, watchOldestRequest } from '../view-change/suspecting.js';

/** A replica asks for a view (PBFT, section 4.4, VIEW-CHANGE). */
export function onViewChange(state: ReplicaState, viewChange: Verified<ViewChange>): void {
  considerViewChange(state, viewChange);
  leaveIfSuspected(state);
  watchOldestRequest(state);
}
