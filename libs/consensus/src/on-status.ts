import type { Status, Verified } from './messages/index.js';
import type { Via } from './model/input.js';
import { primaryOf } from './model/quorum.js';
import { differingSettings } from './model/settings.js';
import { answersTo } from './routing/answerers.js';
import { mayAnswer, sendDecisionsAbove } from './state/answering.js';
import type { ReplicaState } from './state/replica-state.js';
import { answerWithStatus } from './sync/catching-up.js';
import { showStable } from './sync/checkpointing.js';
import { noteSettings } from './taking-part.js';
import { helpIntoView } from './view-change/changing-view.js';

/** Where another replica is: it gets what it lacks, and this one learns whether it lags. */
export function onStatus(state: ReplicaState, status: Verified<Status>, via: Via): void {
  const { replica, view, lastExecuted, attempt } = status;
  if (replica === state.self) return;
  state.recovery.heard(replica, lastExecuted, view);
  if (isToAnswer(state, status, via) && mayAnswer(state, replica, 0, 'certificates')) {
    answerWithStatus(state, status);
  }
  noteSettings(state, status);
  if (!state.takesPart) return;
  if (answersTo(state.self, replica, attempt, state.size.n)) {
    showStable(state, replica, lastExecuted);
    if (view < state.view) helpIntoView(state, replica);
    sendDecisionsAbove(state, replica, lastExecuted);
  }
}

/**
 * Only a primary needs answers of a quorum. Other replicas need to know whose settings are equal, for
 * which f + 1 answers are enough, and whose differ.
 */
function isToAnswer(state: ReplicaState, status: Status, via: Via): boolean {
  const { replica, view, attempt, asks, settings } = status;
  const { n } = state.size;
  if (!asks) return false;
  if (via === 'direct' || primaryOf(view, n) === replica) return true;
  const differs = differingSettings(state.config.settings, settings).length > 0;
  return differs || answersTo(state.self, replica, attempt, n);
}
