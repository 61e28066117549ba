import { mayAnswer, noteLagging, sendDecisionsAbove } from '../catching-up.js';
import { showStable } from '../checkpointing.js';
import { helpIntoView } from '../view-change/changing-view.js';
import type { Status, Verified } from '../messages.js';
import { proposeWaiting } from '../proposing.js';
import { answersTo } from '../routing/answerers.js';
import type { ReplicaState } from '../state/replica-state.js';

/** Where another replica is: it gets what it lacks, and this one learns whether it lags. */
export function onStatus(state: ReplicaState, status: Verified<Status>): void {
  const { replica, view, lastExecuted, attempt, asks } = status;
  if (replica === state.self) return;
  state.recovery.heard(replica, lastExecuted);
  state.recovery.heardView(replica, view);
  if (asks && mayAnswer(state, replica, 0, 'certificates')) answerWithStatus(state, status);
  if (answersTo(state.self, replica, attempt, state.size.n)) {
    showStable(state, replica, lastExecuted);
    if (view < state.view) helpIntoView(state, replica);
    sendDecisionsAbove(state, replica, lastExecuted);
  }
  noteLagging(state);
  proposeWaiting(state);
}

function answerWithStatus(state: ReplicaState, { replica, attempt }: Status): void {
  state.emit({
    kind: 'send',
    to: { kind: 'replica', id: replica },
    message: {
      kind: 'status',
      replica: state.self,
      view: state.view,
      lastExecuted: state.lastExecuted,
      attempt,
      asks: false,
    },
  });
}
