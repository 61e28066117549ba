/**
 * Asking for the state at a stable checkpoint, one source at a time. What is done with the answers
 * is in `state-transfer.ts`.
 *
 * Invariant kept here (bounded traffic): one transfer at a time, with a few chunks in flight.
 */

import type { ReplicaId } from '../messages/ids.js';
import type { ChunkPart } from '../messages/index.js';
import type { ReplicaState } from '../state/replica-state.js';
import { Transfer } from '../state/transfer.js';

/** Begins to fetch the state at the stable checkpoint, unless that is under way. */
export function fetchState(state: ReplicaState): void {
  if (state.transfer !== undefined) return;
  begin(state, undefined);
  if (state.transfer === undefined) return;
  const { sequence } = state.transfer;
  state.emit({ kind: 'progress', progress: { kind: 'fetching-state', sequence } });
  awaitParts(state, state.transfer);
}

/**
 * A newer checkpoint is stable: a transfer that has received nothing switches to it. Its timer goes on,
 * so that a silent source is replaced however fast checkpoints come.
 */
export function preferNewerState(state: ReplicaState): void {
  if (state.transfer === undefined || state.transfer.manifest !== undefined) return;
  begin(state, state.transfer);
}

function begin(state: ReplicaState, previous: Transfer | undefined): void {
  const { certificate, sequence } = state.checkpoints.stable;
  if (certificate === null || sequence <= state.lastExecuted) return;
  state.transfer = new Transfer(certificate, state.self, previous);
  askOn(state, state.transfer);
}

/** Asks the source for what is missing, as much as may be in flight. */
export function askOn(state: ReplicaState, transfer: Transfer): void {
  const { source } = transfer;
  if (source === undefined) {
    endTransfer(state, transfer);
    state.recovery.noSourceOf = transfer.sequence;
  } else for (const chunk of transfer.startNext()) ask(state, transfer, source, chunk, 0);
}

/** What was asked for did not come, or was lost when the broker went away: the next source is asked. */
export function askNext(state: ReplicaState, transfer: Transfer): void {
  // When nobody has this state any more, the sources have moved on to a later one.
  if (transfer.passOn()) askOn(state, transfer);
  else begin(state, transfer);
  if (state.transfer !== undefined) awaitParts(state, state.transfer);
}

/** Gives the source its time, more of it each time that all sources took too long. */
function awaitParts(state: ReplicaState, { attempt, rounds }: Transfer): void {
  const timer = { kind: 'transfer', attempt } as const;
  const afterMs = state.config.transferTimeoutMs * 2 ** Math.min(rounds, 6);
  state.emit({ kind: 'set-timer', timer, afterMs });
}

/** Asks for one part of a chunk. */
export function ask(
  state: ReplicaState,
  { sequence }: Transfer,
  source: ReplicaId,
  chunk: string,
  part: number,
): void {
  state.emit({
    kind: 'send',
    to: { kind: 'replica', id: source },
    message: { kind: 'fetch-chunk', replica: state.self, sequence, chunk, part },
  });
}

/** Whether a part of a chunk is what this replica waits for: all others are not even verified. */
export function awaitsPart(state: ReplicaState, { sequence, replica }: ChunkPart): boolean {
  return state.transfer?.sequence === sequence && state.transfer.source === replica;
}

/** The source's time is up: if it sent too little another one is asked, or for a newer state. */
export function onTransferTime(state: ReplicaState, attempt: number): void {
  const { transfer } = state;
  if (transfer?.attempt !== attempt) return;
  if (transfer.takeProgress()) awaitParts(state, transfer);
  else askNext(state, transfer);
}

/** This replica came further by itself than the state it is fetching. */
export function endNeedlessTransfer(state: ReplicaState): void {
  const { transfer, lastExecuted } = state;
  if (transfer !== undefined && transfer.sequence <= lastExecuted) endTransfer(state, transfer);
}

/** The transfer is over, with a state or without. */
export function endTransfer(state: ReplicaState, { attempt }: Transfer): void {
  state.transfer = undefined;
  state.emit({ kind: 'cancel-timer', timer: { kind: 'transfer', attempt } });
}
