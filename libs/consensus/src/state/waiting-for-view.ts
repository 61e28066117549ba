/**
 * What comes of a view before this replica has entered it: it waits until the view begins here, and is
 * taken as if it came then. A view may begin a little later on one replica than on others, which fetches
 * view-changes or has more to verify; what it missed would cost a time-out.
 *
 * Invariant kept here (agreement): nothing is done about such a message before the view is entered, and
 * then all checks are made.
 */

import type { View } from '../messages/ids.js';
import type { Verified } from '../messages/index.js';
import type { Via } from '../model/input.js';
import { primaryOf } from '../model/quorum.js';
import type { EarlyMessage, OfView } from './early-messages.js';
import type { ReplicaState } from './replica-state.js';

/** Whether this replica waits for `view`, or holds what its primary began it with. */
function isComing({ view, active, viewChanges, size }: ReplicaState, coming: View): boolean {
  if (coming === view) return !active;
  return coming > view && viewChanges.awaited(primaryOf(coming, size.n))?.view === coming;
}

/** Whether a message that is of no use yet is worth checking, since it may be soon. */
export function isWantedEarly(state: ReplicaState, message: OfView): boolean {
  const { window, early } = state;
  return isComing(state, message.view) && window.contains(message.sequence) && !early.has(message);
}

/** Keeps a message until its view begins here. @returns whether it does */
export function keepEarly(state: ReplicaState, message: Verified<OfView>, via: Via): boolean {
  if (!isWantedEarly(state, message)) return false;
  forgetPassed(state);
  return state.early.keep(message, via);
}

/** The next message that waited for the view that this replica is in. */
export function takeUpEarly(state: ReplicaState): EarlyMessage | undefined {
  if (!state.active) return undefined;
  const next = state.early.next(state.view);
  if (next === undefined) forgetPassed(state);
  return next;
}

/** Views that will not begin here, after all. */
function forgetPassed(state: ReplicaState): void {
  state.early.keepOnly((view) => isComing(state, view));
}
