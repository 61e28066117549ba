import type { NewView, Verified } from '../messages.js';
import type { ReplicaState } from '../state/replica-state.js';
import { considerNewView } from '../view-change/new-view.js';
import { watchOldestRequest } from '../view-change/suspecting.js';

/** A primary begins its view (PBFT, section 4.4, NEW-VIEW). */
export function onNewView(state: ReplicaState, newView: Verified<NewView>): void {
  considerNewView(state, newView);
  watchOldestRequest(state);
}
