/**
 * What follows from the changes of a step, done once at its end, so that handlers need not know what
 * else their change makes possible. Each of these may enable the next; with nothing to do they cost
 * next to nothing.
 */

import { executeReady } from './slot/executing.js';
import { proposeWaiting } from './slot/proposing.js';
import type { ReplicaState } from './state/replica-state.js';
import { noteLagging } from './sync/catching-up.js';
import { endNeedlessTransfer } from './sync/fetching-state.js';
import { leaveIfConvicted } from './view-change/changing-view.js';
import { suspectFailingCollectors, watchOldestRequest } from './view-change/suspecting.js';

export function settle(state: ReplicaState): void {
  if (!state.takesPart) return;
  leaveIfConvicted(state);
  executeReady(state);
  endNeedlessTransfer(state);
  noteLagging(state);
  suspectFailingCollectors(state);
  proposeWaiting(state);
  watchOldestRequest(state);
}
