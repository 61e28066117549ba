import { answerWithStatus, mayAnswer, noteLagging, sendDecisionsAbove } from '../catching-up.js';
import { showStable } from '../checkpointing.js';
import { helpIntoView } from '../view-change/changing-view.js';
import type { Via } from '../input.js';
import type { Status, Verified } from '../messages.js';
import { proposeWaiting } from '../proposing.js';
import { primaryOf } from '../quorum.js';
import { answersTo } from '../routing/answerers.js';
import { differingSettings } from '../settings.js';
import { noteSettings } from '../taking-part.js';
import type { ReplicaState } from '../state/replica-state.js';

/** Where another replica is: it gets what it lacks, and this one learns whether it lags. */
export function onStatus(state: ReplicaState, status: Verified<Status>, via: Via): void {
  const { replica, view, lastExecuted, attempt } = status;
  if (replica === state.self) return;
  state.recovery.heard(replica, lastExecuted);
  state.recovery.heardView(replica, view);
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
  noteLagging(state);
  proposeWaiting(state);
}

/**
 * Who asks all needs the word of a quorum only as primary. Else it wants to know who was told the
 * same, of which f + 1 tell it, and who was not.
 */
function isToAnswer(state: ReplicaState, status: Status, via: Via): boolean {
  const { replica, view, attempt, asks, settings } = status;
  const { n } = state.size;
  if (!asks) return false;
  if (via === 'direct' || primaryOf(view, n) === replica) return true;
  const differs = differingSettings(state.config.settings, settings).length > 0;
  return differs || answersTo(state.self, replica, attempt, n);
}
