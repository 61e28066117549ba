import { describe, expect, it } from 'vitest';
import {
  Bench,
  RUN,
  certified,
  decision,
  prePrepare,
  request,
  status,
} from '../replica-bench.testkit.js';

const SETTINGS = ['mode:1111111111111111'];
const OTHERS = ['mode:2222222222222222'];
const BATCH = 'batch(r1)';
const STATUS = { kind: 'status' } as const;
/** Small enough that a few slots lie outside of it. */
const WINDOW = { checkpointInterval: 4, windowSlots: 8 };

const stable = (sequence: number) => ({ ...certified('checkpoint', 'any'), sequence });

/** Times after which the next status is due, as they were set since `effects` was emptied. */
function statusTimes(bench: Bench): number[] {
  return bench
    .of('set-timer')
    .flatMap(({ timer, afterMs }) => (timer.kind === 'status' ? [afterMs] : []));
}

/** f + 1 others say that they are so far. */
function hear(bench: Bench, overrides: object): Bench {
  for (const replica of [2, 3]) bench.receive(status(replica, overrides));
  return bench;
}

function quiet(bench: Bench): Bench {
  bench.effects = [];
  return bench;
}

describe('asking for a batch', () => {
  it('waits longer each time, up to the longest that a certificate may take', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)], false));
    const fetch = { kind: 'fetch', sequence: 1, digest: BATCH } as const;
    for (let times = 0; times < 4; times += 1) bench.fire(fetch);
    const waits = bench.of('set-timer').map(({ afterMs }) => afterMs);
    expect(waits).toEqual([200, 400, 800, 1600, 2000]);
  });

  it('starts anew with another batch', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)], false));
    bench.fire({ kind: 'fetch', sequence: 1, digest: BATCH });
    quiet(bench).receive(certified('commit', 'batch(r2)'));
    expect(bench.sent('fetch')).toMatchObject([{ to: { id: 2 } }]);
    expect(bench.of('set-timer')).toMatchObject([
      { timer: { kind: 'fetch', digest: 'batch(r2)' }, afterMs: 200 },
    ]);
  });

  it('waits, where nobody else can have it', () => {
    const bench = new Bench(0).receive(prePrepare(1, [request(1)], false), 'self');
    expect(bench.sent('fetch')).toEqual([]);
    expect(bench.of('set-timer')).toMatchObject([{ timer: { kind: 'fetch', digest: BATCH } }]);
  });
});

describe('a replica that hears of others being ahead', () => {
  it.each<[string, () => Bench]>([
    ['f + 1 are in a later view', () => hear(new Bench(1), { view: 1 })],
    ['f + 1 have executed more', () => hear(new Bench(1), { lastExecuted: 1 })],
    ['a later slot is decided', () => new Bench(1).receive(decision(2))],
    [
      'slots under way here lie below a stable checkpoint',
      () =>
        quiet(
          new Bench(1, 'ccro', 'done', { tuning: WINDOW }).receive(prePrepare(1, [request(1)])),
        ).receive(stable(4)),
    ],
  ])('calls for help soon, and once, when %s', (_, before) => {
    const bench = before();
    bench.receive(status(0)).receive(status(0));
    expect(statusTimes(bench)).toEqual([200]);
  });

  it.each<[string, () => Bench]>([
    ['f alone say so', () => new Bench(1).receive(status(2, { view: 1, lastExecuted: 9 }))],
    ['it has executed as much', () => hear(new Bench(1).receive(decision(1)), { lastExecuted: 1 })],
    [
      'it has voted on the next slot',
      () => hear(new Bench(1).receive(prePrepare(1, [request(1)])), { lastExecuted: 1 }),
    ],
    [
      'the next slot is decided, and waits for its batch',
      () => hear(new Bench(1).receive(certified('commit', BATCH)), { lastExecuted: 1 }),
    ],
  ])('does not when %s', (_, before) => {
    expect(statusTimes(before())).toEqual([]);
  });

  it.each([
    ['fetches decisions', 8, 0],
    ['fetches the state', 12, 1],
  ])('%s when a stable checkpoint is %i slots ahead, of a window of eight', (_, ahead, fetches) => {
    const bench = new Bench(1, 'ccro', 'done', { tuning: WINDOW }).receive(stable(ahead));
    expect(bench.sent('fetch-chunk')).toHaveLength(fetches);
    expect(statusTimes(bench)).toEqual([200]);
  });
});

describe('the regular status', () => {
  it('is left out as long as slots execute, and then tells where the replica is', () => {
    const bench = quiet(new Bench(1).start());
    bench.receive(decision(1)).fire(STATUS).receive(decision(2)).fire(STATUS);
    expect(bench.sent('status')).toEqual([]);
    bench.fire(STATUS).fire(STATUS);
    expect(bench.sent('status')).toMatchObject([
      { to: { kind: 'all' }, message: { attempt: 1, lastExecuted: 2, asks: false, answers: null } },
      { to: { kind: 'all' }, message: { attempt: 2 } },
    ]);
    expect(statusTimes(bench)).toEqual([1000, 1000, 1000, 1000]);
  });

  it('calls for help while the replica lags, though slots execute', () => {
    const bench = quiet(hear(new Bench(1).start(), { lastExecuted: 9 }));
    bench.receive(decision(1)).fire(STATUS);
    expect(bench.sent('status')).toMatchObject([{ message: { lastExecuted: 1 } }]);
    // Decisions come in: the next call is to follow closely on them.
    expect(statusTimes(bench)).toEqual([5, 400]);
  });

  it('asks the others as long as a primary may not propose, though slots execute', () => {
    const bench = quiet(new Bench(0).start());
    bench.receive(decision(1)).fire(STATUS);
    expect(bench.sent('status')).toMatchObject([{ message: { asks: true } }]);
    expect(statusTimes(bench)).toEqual([200]);
    quiet(hear(bench, {})).fire(STATUS);
    expect(bench.sent('status')).toMatchObject([{ message: { asks: false } }]);
    expect(statusTimes(bench)).toEqual([1000]);
  });

  it('gives up decisions for the state after four calls in a row that brought none', () => {
    const bench = new Bench(1, 'ccro', 'done', { tuning: WINDOW }).start().receive(stable(4));
    bench.fire(STATUS).fire(STATUS).receive(decision(1)).fire(STATUS);
    for (let times = 0; times < 3; times += 1) bench.fire(STATUS);
    expect(bench.sent('fetch-chunk')).toEqual([]);
    const before = bench.sent('status').length;
    bench.fire(STATUS);
    expect(bench.sent('fetch-chunk')).toHaveLength(1);
    // While it is fetched no decisions are.
    bench.fire(STATUS);
    expect(bench.sent('status')).toHaveLength(before);
  });

  it('counts no calls that were none: it had nothing to catch up with', () => {
    const bench = new Bench(1, 'ccro', 'done', { tuning: WINDOW }).start();
    for (let times = 0; times < 9; times += 1) bench.fire(STATUS);
    bench.receive(stable(4)).fire(STATUS);
    expect(bench.sent('fetch-chunk')).toEqual([]);
  });

  it.each<[string, number, object, number]>([
    ['as configured', 4, {}, 1000],
    ['as configured in a smaller cluster', 1, {}, 1000],
    ['in proportion in a larger one', 8, {}, 2000],
    ['soon after the start', 4, { settings: SETTINGS }, 200],
    ['in proportion after the start', 8, { settings: SETTINGS }, 400],
    ['no later than configured', 4, { settings: SETTINGS, statusIntervalMs: 100 }, 100],
  ])('comes %s (n = %i)', (_, n, tuning, afterMs) => {
    const bench = new Bench(n - 1, 'ccro', 'done', { tuning: { n, ...tuning } }).start();
    expect(statusTimes(bench)).toEqual([afterMs]);
  });

  it('comes no sooner for a replica that is kept apart, be it behind or the primary', () => {
    const bench = new Bench(0, 'ccro', 'done', { tuning: { settings: SETTINGS } });
    bench.receive(stable(128));
    const differing = { settings: OTHERS, answers: RUN, lastExecuted: 9, attempt: 1 };
    for (const replica of [1, 2]) bench.receive(status(replica, differing));
    expect(bench.replica.status().takesPart).toBe(false);
    quiet(bench).fire(STATUS).fire(STATUS);
    expect(statusTimes(bench)).toEqual([1000, 1000]);
    expect(bench.sent('status')).toMatchObject([
      { message: { asks: true } },
      { message: { asks: true } },
    ]);
    // Nor does it fetch a state.
    for (let times = 0; times < 9; times += 1) bench.fire(STATUS);
    expect(bench.sent('fetch-chunk')).toEqual([]);
  });
});

describe('passing on decisions', () => {
  const executed = (tuning: object = {}) => {
    const bench = new Bench(1, 'ccro', 'done', { tuning });
    for (const sequence of [1, 2, 3, 4, 5]) bench.receive(decision(sequence));
    return quiet(bench);
  };

  it.each([
    ['a few at a time', 1, [{ first: 2, last: 3 }]],
    ['those there are', 4, [{ first: 5, last: 5 }]],
    ['none to who has them all', 5, []],
    ['none to who is ahead', 9, []],
  ])('brings %s', (_, lastExecuted, sent) => {
    const bench = executed({ maxDecisionsPerAnswer: 2 }).receive(status(0, { lastExecuted }));
    expect(bench.of('send-decisions')).toMatchObject(sent);
    expect(bench.rejects()).toEqual([]);
  });
});
