import { describe, expect, it } from 'vitest';
import type { PrePrepare } from '../messages/index.js';
import type { ReplicaConfig } from '../model/config.js';
import { prePrepare, replicaState, request } from '../replica-bench.testkit.js';
import type { ReplicaState } from '../state/replica-state.js';
import { assign, proposeWaiting } from './proposing.js';

/** The primary of view 0, which may propose, with so many requests of as many clients waiting. */
function primary(waiting: number, tuning: Partial<ReplicaConfig> = {}): ReplicaState {
  const state = replicaState(0, tuning);
  state.recovery.settle();
  for (let each = 1; each <= waiting; each += 1) {
    state.pool.add(request(each, { client: `c${each}` }), true);
  }
  return state;
}

/** The pre-prepares it sends. */
function proposed(state: ReplicaState): Partial<PrePrepare>[] {
  proposeWaiting(state);
  return state
    .takeEffects()
    .flatMap((effect) => (effect.kind === 'send' ? [effect.message as Partial<PrePrepare>] : []));
}

describe('proposing what waits', () => {
  it('is done in batches, each with a number of its own, stored before it is sent', () => {
    const state = primary(5, { maxBatchRequests: 2 });
    proposeWaiting(state);
    const effects = state.takeEffects();
    expect(effects.map(({ kind }) => kind)).toEqual([
      'persist',
      'send',
      'persist',
      'send',
      'persist',
      'send',
    ]);
    const [stored, sent] = effects;
    const expected = {
      ...{ kind: 'pre-prepare', view: 0, sequence: 1, digest: 'batch(r1,r2)' },
      ...{ requests: ['r1', 'r2'], collector: 2, replica: 0 },
    };
    const bodies = [1, 2].map((each) => request(each, { client: `c${each}` }));
    expect(stored).toMatchObject({
      records: [{ kind: 'proposed', prePrepare: { ...expected, bodies } }],
    });
    // All have them already.
    expect(sent).toEqual({
      kind: 'send',
      to: { kind: 'all' },
      message: { ...expected, bodies: [] },
    });
    expect([state.nextSequence, state.pool.waitingCount]).toEqual([4, 0]);
    expect(state.window.get(3)?.isProposedIn(0)).toBe(true);
  });

  it('sends along what this replica alone may have', () => {
    const state = primary(1);
    state.pool.add(request(2, { client: 'd' }), false);
    expect(proposed(state)).toMatchObject([{ requests: ['r1', 'r2'], bodies: [{ digest: 'r2' }] }]);
  });

  it.each<[string, (state: ReplicaState) => void]>([
    ['by a backup', (state) => (state.view = 1)],
    ['between views', (state) => (state.active = false)],
  ])('is not done %s', (_, happens) => {
    const state = primary(1);
    happens(state);
    expect(proposed(state)).toEqual([]);
    expect(state.nextSequence).toBe(1);
  });

  it('is not done by one that has not heard where the others are', () => {
    const state = replicaState(0);
    state.pool.add(request(1), true);
    expect(proposed(state)).toEqual([]);
    for (const other of [1, 2]) state.recovery.heard(other, 0, 0);
    expect(proposed(state)).toHaveLength(1);
  });

  it('does not settle where the others are as long as nothing waits', () => {
    const state = replicaState(0);
    for (const other of [1, 2]) state.recovery.heard(other, 0, 0);
    expect(proposed(state)).toEqual([]);
    for (const other of [1, 2]) state.recovery.heard(other, 9, 0);
    state.pool.add(request(1), true);
    expect(proposed(state)).toEqual([]);
  });

  it('keeps to so many slots in flight, and below the high watermark', () => {
    const few = primary(9, { maxBatchRequests: 1, maxInFlightSlots: 3 });
    expect(proposed(few).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    few.lastExecuted = 2;
    expect(proposed(few).map(({ sequence }) => sequence)).toEqual([4, 5]);
    const narrow = primary(9, { maxBatchRequests: 1, windowSlots: 4 });
    expect(proposed(narrow).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(narrow.nextSequence).toBe(5);
  });

  it('leaves out numbers that have a proposal', () => {
    const state = primary(1);
    state.window.open(1).inView.proposal = { prePrepare: prePrepare(1, []), batch: [] };
    expect(proposed(state)).toMatchObject([{ sequence: 2, requests: ['r1'] }]);
    expect(state.nextSequence).toBe(3);
  });
});

describe('giving a batch its number', () => {
  it('sends each body once, however often the batch lists it', () => {
    const state = primary(0);
    assign(state, 7, 'batch(r1,r1)', [request(1), request(1)]);
    expect(state.takeEffects()[1]).toMatchObject({
      message: { sequence: 7, requests: ['r1', 'r1'], bodies: [request(1)] },
    });
  });

  it('is refused for a number that was given in this view', () => {
    const state = primary(0);
    assign(state, 7, 'batch()', []);
    expect(() => {
      assign(state, 7, 'batch(r1)', [request(1)]);
    }).toThrow(/no-equivocation/);
  });
});
