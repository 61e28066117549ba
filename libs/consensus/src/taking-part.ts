/**
 * Whether this replica takes part at all. Replicas with different settings (another cluster file: see
 * `Settings`) refuse each other's messages, or come to different states.
 *
 * Invariant kept here (equal settings): a replica votes, proposes, asks for views and executes only
 * - once f + 1 others have reported the same settings, so that an honest one has them: a replica that
 *   is alone with its settings never begins;
 * - while it may be in a quorum of replicas with its own settings, that is, while at most n − Q
 *   others have lately reported that theirs differ. Since f ≤ n − Q, f liars keep no replica from taking
 *   part, and cannot make a replica take part from which more than n − Q honest ones differ.
 *
 * Until the first condition holds, messages are kept for a short time. While the second does not hold,
 * they are dropped. In both cases the replica keeps what it signed and knows, reports its progress and
 * asks the others for theirs.
 */

import type { Status, Verified } from './messages/index.js';
import type { Input } from './model/input.js';
import { messageBytes } from './model/message-size.js';
import { differingSettings } from './model/settings.js';
import { resumeAfterOutage } from './slot/resuming.js';
import type { ReplicaState } from './state/replica-state.js';
import { armStatusTimer, sendStatus } from './sync/catching-up.js';
import { pauseClocks, resumeClocks } from './view-change/suspecting.js';

/** Bytes of what waits while this replica listens, at most; what is beyond is lost. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** The replica starts: it listens first, unless nobody has to be told anything. */
export function listenFirst(state: ReplicaState): void {
  const { n, settings } = state.config;
  state.isListening = settings.length > 0 && n > 1;
  if (state.isListening) pauseClocks(state);
}

/** How many others must have said the same before this replica takes part. */
export function agreeingNeeded({ size }: Pick<ReplicaState, 'size'>): number {
  return Math.min(size.weakQuorum, size.n - 1);
}

/** What another replica says that it was told. */
export function noteSettings(state: ReplicaState, status: Verified<Status>): void {
  const { replica, attempt, answers } = status;
  const { othersSettings, config, nowMs } = state;
  const settings = differingSettings(config.settings, status.settings);
  if (settings.length === 0) othersSettings.noteAgreeing(replica);
  if (answers !== config.run) {
    const mayAsk = othersSettings.mayAsk(replica, settings, nowMs);
    if (mayAsk) sendStatus(state, { kind: 'replica', id: replica }, true);
  } else if (othersSettings.heard(replica, attempt, settings)) {
    tellIfDiffering(state, replica, settings);
    keepApartOrNot(state);
  }
  const { agreeingCount } = othersSettings;
  if (state.isListening && agreeingCount >= agreeingNeeded(state)) {
    state.isListening = false;
    armStatusTimer(state);
    if (state.takesPart) resumeClocks(state);
  }
}

function tellIfDiffering(state: ReplicaState, replica: number, settings: readonly string[]): void {
  if (settings.length === 0 || !state.othersSettings.mayTell(replica, state.nowMs)) return;
  state.emit({ kind: 'progress', progress: { kind: 'settings-differ', replica, settings } });
}

function keepApartOrNot(state: ReplicaState): void {
  const { othersSettings, size } = state;
  const isApart = othersSettings.differingCount > size.n - size.quorum;
  if (isApart === state.isApart) return;
  state.isApart = isApart;
  if (isApart) {
    pauseClocks(state);
    const { differing } = othersSettings;
    state.emit({ kind: 'progress', progress: { kind: 'takes-no-part', differing } });
  } else {
    if (state.takesPart) {
      resumeClocks(state);
      resumeAfterOutage(state);
    }
    state.emit({ kind: 'progress', progress: { kind: 'takes-part-again' } });
  }
  // Replicas that wait for this one, or differ as well, should know.
  sendStatus(state);
}

/**
 * Whether `input` has to wait because this replica takes no part: timers are set again, and what it
 * signed itself is kept, which is no more than was under way. Messages of others are kept before it
 * first takes part and dropped later.
 */
export function putOff(state: ReplicaState, input: Input): boolean {
  if (state.takesPart) return false;
  switch (input.kind) {
    case 'started':
    case 'disconnected':
    case 'reconnected':
      return false;
    case 'timer-fired':
      if (input.timer.kind === 'status') return false;
      state.emit({ kind: 'set-timer', timer: input.timer, afterMs: state.config.statusIntervalMs });
      return true;
    case 'message': {
      if (input.message.kind === 'status') return false;
      const bytes = messageBytes(input.message);
      const fits = !state.isApart && state.putOffBytes + bytes <= MAX_WAITING_BYTES;
      if (!fits && input.via !== 'self') return true;
      state.putOff.push(input);
      state.putOffBytes += bytes;
      return true;
    }
  }
}

/** The next input that was put off, if this replica takes part. */
export function takeUp(state: ReplicaState): Input | undefined {
  if (!state.takesPart) return undefined;
  state.putOffBytes = 0;
  return state.putOff.shift();
}
