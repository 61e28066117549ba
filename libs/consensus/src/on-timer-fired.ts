import { onCertificateMissing } from './slot/certificate-missing.js';
import { onBatchMissing } from './slot/fetching-batches.js';
import type { TimerKey } from './model/timers.js';
import { onCheckpointMissing } from './slot/checkpoint-vote.js';
import { onStragglersLate } from './slot/voting.js';
import type { ReplicaState } from './state/replica-state.js';
import { onStatusDue } from './sync/catching-up.js';
import { onTransferTime } from './sync/fetching-state.js';
import { onViewChangeDue } from './view-change/changing-view.js';
import { onViewChangesMissing } from './view-change/new-view.js';
import { onNewViewMissing, onRequestWaits } from './view-change/suspecting.js';

/** What these wait for comes over the broker. */
const WAITS_FOR_OTHERS: ReadonlySet<TimerKey['kind']> = new Set([
  'certificate',
  'stragglers',
  'fetch',
  'transfer',
  'fetch-view-changes',
]);

/** A timer that this replica set has run out. */
export function onTimerFired(state: ReplicaState, timer: TimerKey): void {
  // Nothing can come while the broker is away: that is nobody's fault, and no attempt.
  if (state.isAway && WAITS_FOR_OTHERS.has(timer.kind)) {
    state.emit({ kind: 'set-timer', timer, afterMs: state.config.statusIntervalMs });
    return;
  }
  switch (timer.kind) {
    case 'certificate':
      onCertificateMissing(state, timer);
      return;
    case 'stragglers':
      onStragglersLate(state, timer.view, timer.sequence);
      return;
    case 'fetch':
      onBatchMissing(state, timer);
      return;
    case 'status':
      onStatusDue(state);
      return;
    case 'checkpoint':
      onCheckpointMissing(state, timer.sequence, timer.attempt);
      return;
    case 'transfer':
      onTransferTime(state, timer.attempt);
      return;
    case 'request':
      if (state.active && timer.view === state.view) onRequestWaits(state);
      return;
    case 'new-view':
      onNewViewMissing(state, timer.view);
      return;
    case 'view-change':
      onViewChangeDue(state, timer.view, timer.attempt);
      return;
    case 'fetch-view-changes':
      onViewChangesMissing(state, timer.replica, timer.attempt);
      return;
  }
}
