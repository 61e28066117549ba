/**
 * How a replica that missed messages gets level again, and how the others help it. Pub/sub loses
 * messages, so every wait in the protocol ends in one of these.
 *
 * Invariant kept here (bounded traffic): a call for help is answered by f+1 replicas, and each
 * caller draws no more bytes than its budget holds (`state/answer-budget.ts`).
 */

import type { ClientId, Digest, ReplicaId, SequenceNumber } from './ids.js';
import type { Destination } from './effect.js';
import { fetchState } from './fetching-state.js';
import type { Status } from './messages.js';
import type { AnswerKind } from './state/answer-budget.js';
import type { ReplicaState } from './state/replica-state.js';
import type { Slot } from './state/slot.js';

/** Pause before the next status while decisions are coming in. */
const CATCH_UP_PAUSE_MS = 5;
/** How often a replica that has just started asks for the others' word; in large clusters less. */
const START_INTERVAL_MS = 200;
/** Calls for help that brought no decision, after which the state is fetched instead. */
const MAX_FRUITLESS_CALLS = 3;

/** Asks one of `holders` for the batch with `digest`, and another one if no answer comes. */
export function fetchBatch(
  state: ReplicaState,
  slot: Slot,
  digest: Digest,
  holders: readonly ReplicaId[],
): void {
  const { sequence } = slot;
  if (slot.fetching?.digest !== digest) slot.fetching = { digest, attempts: 0 };
  const { attempts } = slot.fetching;
  slot.fetching.attempts += 1;
  const others = holders.filter((holder) => holder !== state.self);
  const asked = others[(state.self + attempts) % Math.max(others.length, 1)];
  if (asked !== undefined) {
    state.emit({
      kind: 'send',
      to: { kind: 'replica', id: asked },
      message: { kind: 'fetch', replica: state.self, sequence, digest },
    });
  }
  state.emit({
    kind: 'set-timer',
    timer: { kind: 'fetch', sequence, digest },
    afterMs: state.certificateDelay.timeoutMs(attempts),
  });
}

/**
 * Whether others are known to be ahead while nothing is under way here that would lead there: a
 * slot in flight has its own timers.
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

/** Whether fetching the state is cheaper than every decision that led to it. */
function isFarBehind({ checkpoints, lastExecuted, config }: ReplicaState): boolean {
  return checkpoints.stable.sequence > lastExecuted + config.windowSlots;
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

/** Whether this replica can do nothing until the others have said where they are, or what they were told. */
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

/** Sends stored decisions above `from` to `replica`, a bounded number at a time. */
export function sendDecisionsAbove(
  state: ReplicaState,
  replica: ReplicaId,
  from: SequenceNumber,
): void {
  const last = Math.min(state.lastExecuted, from + state.config.maxDecisionsPerAnswer);
  if (last <= from) return;
  sendDecisions(state, replica, from + 1, last);
}

/** Sends stored decisions first..last, as many of them as the asker's budget allows. */
export function sendDecisions(
  state: ReplicaState,
  to: ReplicaId,
  first: SequenceNumber,
  last: SequenceNumber,
): void {
  const spendOn = (sequence: SequenceNumber) =>
    state.answers.spend(to, state.decisionBytes(sequence), state.nowMs, 'decisions');
  let next = first;
  while (next <= last && spendOn(next)) next += 1;
  if (next <= last) state.reject('throttled', to);
  if (next > first) state.emit({ kind: 'send-decisions', to, first, last: next - 1 });
}

/** Whether `asker` may be sent so many bytes more. Counts it as throttled if not. */
export function mayAnswer(
  state: ReplicaState,
  asker: ReplicaId | ClientId,
  bytes: number,
  kind: AnswerKind,
): boolean {
  if (state.answers.spend(asker, bytes, state.nowMs, kind)) return true;
  state.reject('throttled', asker);
  return false;
}
