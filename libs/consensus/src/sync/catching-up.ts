/**
 * How a replica that missed messages catches up, and how the others help it. Pub/sub loses messages,
 * so every wait in the protocol ends in one of these.
 *
 * Invariant kept here (bounded traffic): a request for help is answered by f+1 replicas, and each
 * replica gets no more than its budget holds (`state/answer-budget.ts`), less for what it was sent
 * before than for what is new to it.
 */

import type { Status } from '../messages/index.js';
import type { Destination } from '../model/effect.js';
import type { ReplicaState } from '../state/replica-state.js';
import { fetchState } from './fetching-state.js';

/** Pause before the next status while decisions are coming in. */
const CATCH_UP_PAUSE_MS = 5;
/** How often a replica that has just started asks for the others' word; in large clusters less. */
const START_INTERVAL_MS = 200;
/** Calls for help that brought no decision, after which the state is fetched instead. */
const MAX_FRUITLESS_CALLS = 3;

/**
 * Whether others are known to be ahead while nothing is under way here to reach them: a slot in flight
 * has its own timers.
 */
export function isLagging(state: ReplicaState): boolean {
  if (state.recovery.provenView > state.view) return true;
  const ahead = Math.max(state.recovery.provenProgress, state.recovery.highestCertified);
  if (ahead <= state.lastExecuted) return false;
  // Below a stable checkpoint nothing is voted on any more: what is missing must be fetched.
  if (state.checkpoints.stable.sequence > state.lastExecuted) return true;
  const next = state.window.get(state.lastExecuted + 1);
  return next?.ownVote('prepare') === undefined && next?.decidedDigest === undefined;
}

/** Whether fetching the state is cheaper than every decision that led to it, and a replica may have it. */
function isFarBehind({ checkpoints, recovery, lastExecuted, config }: ReplicaState): boolean {
  const { sequence } = checkpoints.stable;
  return sequence > lastExecuted + config.windowSlots && sequence > recovery.noSourceOf;
}

/** Sees to it that a lagging replica asks for help soon. */
export function noteLagging(state: ReplicaState): void {
  if (isFarBehind(state)) fetchState(state);
  if (!isLagging(state) || state.recovery.callingForHelp) return;
  state.recovery.callingForHelp = true;
  const wait = state.certificateDelay.timeoutMs(0);
  state.emit({ kind: 'set-timer', timer: { kind: 'status' }, afterMs: wait });
}

/** Decisions are coming in: the next call for help follows closely on the last of them. */
export function hastenStatus(state: ReplicaState): void {
  state.emit({ kind: 'set-timer', timer: { kind: 'status' }, afterMs: CATCH_UP_PAUSE_MS });
}

/** The status timer fired: says where this replica is, if that may help. */
export function onStatusDue(state: ReplicaState): void {
  const { recovery } = state;
  if (!state.takesPart) {
    sendStatus(state);
    armStatusTimer(state);
    return;
  }
  const idle = recovery.executedAtLastStatus === state.lastExecuted;
  const lagging = isLagging(state);
  recovery.fruitlessCalls = idle && lagging ? recovery.fruitlessCalls + 1 : 0;
  // The others may have dropped the decisions that would lead there.
  if (recovery.fruitlessCalls > MAX_FRUITLESS_CALLS) fetchState(state);
  if (state.transfer === undefined && (lagging || idle || needsAnswers(state))) sendStatus(state);
  recovery.executedAtLastStatus = state.lastExecuted;
  armStatusTimer(state);
}

/** Whether this replica can do nothing until the others have reported their progress or settings. */
function needsAnswers(state: ReplicaState): boolean {
  const isStarting = state.isPrimary && !state.recovery.mayPropose(state.lastExecuted);
  return isStarting || !state.takesPart;
}

/** Says where this replica is, to all unless told otherwise. */
export function sendStatus(
  state: ReplicaState,
  to: Destination = { kind: 'all' },
  asks = needsAnswers(state),
): void {
  const { recovery } = state;
  const said = { attempt: recovery.attempts, asks, answers: null };
  state.emit({ kind: 'send', to, message: { ...statusOf(state), ...said } });
  recovery.attempts += 1;
  recovery.executedAtLastStatus = state.lastExecuted;
}

/** Says where this replica is to who asked for it. */
export function answerWithStatus(state: ReplicaState, { replica, attempt, run }: Status): void {
  const said = { attempt, asks: false, answers: run };
  const to = { kind: 'replica', id: replica } as const;
  state.emit({ kind: 'send', to, message: { ...statusOf(state), ...said } });
}

function statusOf({ self, view, lastExecuted, config }: ReplicaState) {
  const { settings, run } = config;
  return { kind: 'status', replica: self, view, lastExecuted, settings, run } as const;
}

/** Arms the status timer: soon while something is missing, rarely when idle. */
export function armStatusTimer(state: ReplicaState): void {
  const { recovery, config } = state;
  const lagging = state.takesPart && isLagging(state);
  recovery.callingForHelp = lagging;
  const scale = Math.max(1, config.n / 4);
  let afterMs = config.statusIntervalMs * scale;
  if (lagging) afterMs = state.certificateDelay.timeoutMs(1);
  else if (state.isListening) afterMs = Math.min(afterMs, START_INTERVAL_MS * scale);
  else if (!state.isApart && needsAnswers(state)) afterMs = START_INTERVAL_MS;
  state.emit({ kind: 'set-timer', timer: { kind: 'status' }, afterMs });
}
