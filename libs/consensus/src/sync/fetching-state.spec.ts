import { describe, expect, it } from 'vitest';
import type { Certificate, ChunkPart } from '../messages/index.js';
import { certified, replicaState } from '../replica-bench.testkit.js';
import type { ReplicaState } from '../state/replica-state.js';
import {
  awaitsPart,
  endNeedlessTransfer,
  fetchState,
  onTransferTime,
  preferNewerState,
} from './fetching-state.js';

const TIMEOUT_MS = 1000;

function stable(sequence: number): Certificate<'checkpoint'> {
  const { proof } = certified('checkpoint', 'state');
  const certificate = { ...certified('checkpoint', 'state'), phase: 'checkpoint' as const };
  return { ...certificate, sequence, proof: { ...proof, signers: [0, 1, 2] } };
}

/** Replica 3, which has heard of a stable checkpoint and executed nothing. */
function behind(sequence = 512): ReplicaState {
  const state = replicaState(3, { transferTimeoutMs: TIMEOUT_MS });
  state.checkpoints.stabilise(stable(sequence));
  return state;
}

/** One that fetches. */
function fetching(sequence?: number): ReplicaState {
  const state = behind(sequence);
  fetchState(state);
  state.takeEffects();
  return state;
}

/** Whom it asks for which state, and what timers it sets. */
function did(state: ReplicaState): unknown[] {
  return state.takeEffects().map((effect) => {
    if (effect.kind === 'set-timer') return ['timer', effect.timer, effect.afterMs];
    if (effect.kind === 'cancel-timer') return ['cancel', effect.timer];
    if (effect.kind !== 'send' || effect.message.kind !== 'fetch-chunk') return effect.kind;
    const { sequence, chunk, part } = effect.message;
    return ['asks', effect.to.kind === 'replica' ? effect.to.id : -1, sequence, chunk, part];
  });
}

const timer = (attempt: number) => ({ kind: 'transfer', attempt });

describe('fetching the state', () => {
  it('asks one source for the list of chunks, and gives it its time', () => {
    const state = behind();
    fetchState(state);
    expect(did(state)).toEqual([
      ['asks', 0, 512, '', 0],
      'progress',
      ['timer', timer(0), TIMEOUT_MS],
    ]);
    fetchState(state);
    expect(did(state)).toEqual([]);
  });

  it('is not begun without a stable checkpoint, or for what has executed here', () => {
    const none = replicaState(3);
    fetchState(none);
    expect([none.transfer, none.takeEffects()]).toEqual([undefined, []]);
    const level = behind();
    level.lastExecuted = 512;
    fetchState(level);
    expect([level.transfer, level.takeEffects()]).toEqual([undefined, []]);
    level.lastExecuted = 511;
    fetchState(level);
    expect(level.transfer).toBeDefined();
  });

  it('changes over to a newer state until the list of chunks is here, and no longer', () => {
    const idle = behind();
    preferNewerState(idle);
    expect([idle.transfer, idle.takeEffects()]).toEqual([undefined, []]);
    const state = fetching();
    state.checkpoints.stabilise(stable(640));
    preferNewerState(state);
    expect(did(state)).toEqual([['asks', 0, 640, '', 0]]);
    if (state.transfer !== undefined) state.transfer.manifest = { ledgerHead: '', chunks: [] };
    state.checkpoints.stabilise(stable(768));
    preferNewerState(state);
    expect(did(state)).toEqual([]);
    expect(state.transfer?.sequence).toBe(640);
  });

  it('gives each source its turn, and all of them twice the time in each round', () => {
    const state = fetching();
    const turns: unknown[] = [];
    for (let attempt = 0; attempt < 30; attempt += 1) {
      onTransferTime(state, attempt);
      turns.push(...did(state));
    }
    const asks = (turns as [string, number][]).filter(([kind]) => kind === 'asks');
    expect(asks.map(([, source]) => source)).toEqual([
      ...Array.from({ length: 30 }, (_, index) => (index + 1) % 3),
    ]);
    const times = (turns as [string, object, number][]).filter(([kind]) => kind === 'timer');
    expect(times.map(([, , afterMs]) => afterMs / TIMEOUT_MS)).toEqual(
      Array.from({ length: 30 }, (_, index) => 2 ** Math.min(6, Math.floor((index + 1) / 3))),
    );
  });

  it('turns to the newest state when nobody has sent the one that it wants', () => {
    const state = fetching();
    if (state.transfer !== undefined) state.transfer.manifest = { ledgerHead: '', chunks: [] };
    state.checkpoints.stabilise(stable(768));
    for (const attempt of [0, 1]) onTransferTime(state, attempt);
    expect(state.transfer?.sequence).toBe(512);
    state.takeEffects();
    onTransferTime(state, 2);
    expect(did(state)).toEqual([
      ['asks', 0, 768, '', 0],
      ['timer', timer(3), 2 * TIMEOUT_MS],
    ]);
  });

  it('leaves a source that sends enough at it, and gives it time again', () => {
    const state = fetching();
    const text = 'x'.repeat(128 * 1024);
    for (let part = 0; part < 16; part += 1) {
      state.transfer?.add({ chunk: '', part, parts: 1000, text } as ChunkPart);
    }
    onTransferTime(state, 0);
    expect(did(state)).toEqual([['timer', timer(0), TIMEOUT_MS]]);
    onTransferTime(state, 0);
    expect(did(state)).toEqual([
      ['asks', 1, 512, '', 0],
      ['timer', timer(1), TIMEOUT_MS],
    ]);
  });

  it('ends when the newest state has no sources but such as lied', () => {
    const state = fetching();
    for (const liar of [0, 1]) state.transfer?.drop(liar);
    const { proof } = stable(768);
    state.checkpoints.stabilise({ ...stable(768), proof: { ...proof, signers: [0, 1, 3] } });
    onTransferTime(state, 0);
    expect(state.transfer).toBeUndefined();
    expect(did(state)).toEqual([['cancel', timer(1)]]);
  });

  it('takes no notice of the time of a turn that is over', () => {
    const state = fetching();
    onTransferTime(state, 0);
    state.takeEffects();
    onTransferTime(state, 0);
    onTransferTime(state, 2);
    expect(did(state)).toEqual([]);
    const none = replicaState(3);
    onTransferTime(none, 0);
    expect(none.takeEffects()).toEqual([]);
  });

  it('ends once this replica has executed as far itself', () => {
    const state = fetching();
    state.lastExecuted = 511;
    endNeedlessTransfer(state);
    expect(state.transfer).toBeDefined();
    state.lastExecuted = 512;
    endNeedlessTransfer(state);
    expect(state.transfer).toBeUndefined();
    expect(did(state)).toEqual([['cancel', timer(0)]]);
    endNeedlessTransfer(state);
    expect(did(state)).toEqual([]);
  });

  it('awaits parts of this state alone, from its source', () => {
    const part = { chunk: '', part: 0, parts: 1, text: '' };
    const from = (state: ReplicaState, replica: number, sequence = 512) =>
      awaitsPart(state, { ...part, replica, sequence } as ChunkPart);
    const state = fetching();
    expect([from(state, 0), from(state, 1), from(state, 0, 640)]).toEqual([true, false, false]);
    expect(from(behind(), 0)).toBe(false);
  });
});
