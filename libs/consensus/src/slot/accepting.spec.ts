import { describe, expect, it } from 'vitest';
import {
  Bench,
  certified,
  decision,
  prePrepare,
  replicaState,
  request,
  status,
  vote,
} from '../replica-bench.testkit.js';
import { completeProposals } from './accepting.js';

const BATCH = 'batch(r1)';
const CARRIED = { sequence: 1, digest: BATCH };

function votes(bench: Bench) {
  return bench.sent('vote').map(({ message }) => message);
}

function proposed(bench: Bench) {
  return bench.sent('pre-prepare').map(({ message }) => message);
}

/** A primary that may propose. */
function primary(tuning: object): Bench {
  const bench = new Bench(0, 'ccro', 'done', { tuning });
  return bench.receive(status(1)).receive(status(2));
}

describe('slots whose proposals wait for bodies', () => {
  it('are forgotten when nothing waits there any more', () => {
    const state = replicaState(1);
    state.slotsAwaitingBodies.add(1);
    completeProposals(state, 'r1');
    expect([...state.slotsAwaitingBodies]).toEqual([]);
  });
});

describe('a proposal that waits for bodies', () => {
  const waiting = () => new Bench(1).receive(prePrepare(1, [request(1), request(2)], false));

  it('is fetched once, however often it comes', () => {
    const bench = waiting().receive(prePrepare(1, [request(1), request(2)], false));
    expect(bench.sent('fetch')).toHaveLength(1);
  });

  it('is fetched no more when the last body has come', () => {
    const bench = waiting().receive(request(2)).receive(request(3));
    expect(bench.of('cancel-timer').filter(({ timer }) => timer.kind === 'fetch')).toEqual([]);
    bench.receive(request(1));
    expect(bench.of('cancel-timer')).toContainEqual({
      kind: 'cancel-timer',
      timer: { kind: 'fetch', sequence: 1, digest: 'batch(r1,r2)' },
    });
    expect(votes(bench)).toMatchObject([{ digest: 'batch(r1,r2)' }]);
    // Reminders find that nothing is missing.
    const before = bench.sent('fetch').length;
    for (const replica of [2, 3]) {
      bench.receive(vote('prepare', replica, 'batch(r1,r2)', { attempt: 1 }));
    }
    expect(bench.sent('fetch')).toHaveLength(before);
  });

  it.each([
    ['the slot has executed', [4], decision(1, [request(9)])],
    ['the slot is in memory no more', [40], undefined],
  ])('is forgotten once %s', (_, stable, decided) => {
    const tuning = { checkpointInterval: 4, windowSlots: 8 };
    const bench = new Bench(3, 'ccro', 'done', { tuning });
    bench.receive(prePrepare(1, [request(1)], false));
    for (const sequence of stable) bench.receive({ ...certified('checkpoint', 'any'), sequence });
    if (decided !== undefined) bench.receive(decided);
    bench.effects = [];
    bench.receive(request(1));
    expect(bench.stored()).toEqual([]);
    expect(bench.of('send')).toEqual([]);
  });
});

describe('a batch that a new view needs and that a pre-prepare of an earlier one brings', () => {
  it('is proposed by the primary of the view, once it is whole', () => {
    const bench = new Bench(1).enterView(CARRIED);
    bench.effects = [];
    bench.receive(prePrepare(1, [request(1)], false));
    expect(bench.effects).toEqual([]);
    bench.receive(prePrepare(1, [request(1)]));
    expect(proposed(bench)).toMatchObject([{ view: 1, sequence: 1, digest: BATCH }]);
    expect(votes(bench)).toMatchObject([{ view: 1 }]);
  });

  it('is not proposed by the primary of a view that has not begun', () => {
    const bench = new Bench(1).enterView(CARRIED).leaveView(5);
    bench.receive(prePrepare(1, [request(1)]));
    expect(proposed(bench)).toEqual([]);
  });

  it('is executed by a backup where it was decided, and not voted on', () => {
    const bench = new Bench(3).receive(certified('commit', BATCH)).enterView(CARRIED);
    bench.receive(prePrepare(1, [request(1)]));
    expect(bench.executed).toEqual(['op']);
    expect([...proposed(bench), ...votes(bench)]).toEqual([]);
  });
});

describe('the size of a batch', () => {
  it.each([
    ['as large as it may be', [2, 2], []],
    ['larger', [2, 3], ['batch-too-large']],
    ['larger, but of one request, which fits into one message', [5], []],
  ])('is looked at: one %s', (_, lengths, rejects) => {
    const bench = new Bench(1, 'ccro', 'done', { tuning: { maxBatchCharacters: 4 } });
    const batch = lengths.map((length, at) => request(at, { operation: 'x'.repeat(length) }));
    expect(bench.receive(prePrepare(1, batch)).rejects()).toEqual(rejects);
    expect(votes(bench)).toHaveLength(1 - rejects.length);
  });
});

describe('the number that a primary gives to its next batch', () => {
  it('lies above all that it gave, as it hears of one after the other', () => {
    const bench = primary({ maxInFlightSlots: 2, maxBatchRequests: 1 });
    const requests = [1, 2, 3].map((each) => request(each));
    bench.receive({ kind: 'requests', requests }, 'direct');
    expect(proposed(bench)).toMatchObject([{ sequence: 1 }, { sequence: 2 }]);
  });

  it('lies above what comes back to it of an earlier run', () => {
    const bench = primary({})
      .receive(prePrepare(5, [request(5)]), 'self')
      .receive(request(1));
    expect(proposed(bench)).toMatchObject([{ sequence: 6 }]);
  });
});

describe('a proposal that certificates overtook', () => {
  it.each([
    ['prepared', 'prepare', ['commit']],
    ['decided', 'commit', []],
  ] as const)('is not voted on any more when it is %s', (_, phase, cast) => {
    const bench = new Bench(1)
      .receive(certified(phase, BATCH))
      .receive(prePrepare(1, [request(1)]));
    expect(votes(bench)).toMatchObject(cast.map((each) => ({ phase: each })));
  });
});

describe('a proposal that names another collector than was expected', () => {
  it('has no commit vote of an earlier view sent to it', () => {
    const bench = new Bench(3).receive(certified('prepare', BATCH)).enterView(CARRIED);
    expect(votes(bench)).toMatchObject([{ phase: 'commit', view: 0 }]);
    expect(bench.replica.status().collector).toBe(3);
    bench.effects = [];
    bench.receive({ ...prePrepare(1, [request(1)]), view: 1, replica: 1, collector: 2 });
    expect(votes(bench)).toMatchObject([{ phase: 'prepare', view: 1 }]);
  });
});
