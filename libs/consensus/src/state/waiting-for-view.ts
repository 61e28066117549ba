/**
 * What comes of the view that this replica waits for: it is kept until the view begins here, and then
 * taken as if it came then. A view begins a little later on one replica than on others, which fetches
 * view-changes or has more to verify; what it missed would cost a time-out.
 *
 * Invariants kept here:
 * - agreement: until the view is entered, no such message is voted on or counted. Then the handlers
 *   check it as any other;
 * - bounded work: what is not kept is not worth checking.
 */

import type { Certificate, PrePrepare, Verified, Vote } from '../messages/index.js';
import type { Via } from '../model/input.js';
import type { EarlyMessage, OfView } from './early-messages.js';
import type { ReplicaState } from './replica-state.js';

/** Whether a message that is of no use yet is worth checking, since it may be soon. */
export function isWantedEarly(
  state: ReplicaState,
  message: PrePrepare | Vote | Certificate,
  via: Via,
): boolean {
  const { view, active, window, early } = state;
  const isComing = message.view === view && !active;
  return isComing && window.contains(message.sequence) && early.hasRoomFor(message, via);
}

/** Keeps a message until its view begins here. @returns whether it does */
export function keepEarly(state: ReplicaState, message: Verified<OfView>, via: Via): boolean {
  const isWanted = isWantedEarly(state, message, via);
  if (isWanted) state.early.keep(message, via);
  return isWanted;
}

/** The next message that waited for the view that this replica is in. */
export function takeUpEarly({ active, early, view }: ReplicaState): EarlyMessage | undefined {
  return active ? early.next(view) : undefined;
}
