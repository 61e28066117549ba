import { describe, expect, it } from 'vitest';
import type { Vote } from '../messages/index.js';
import { Bench, certified, decision, prePrepare, request, vote } from '../replica-bench.testkit.js';

const BATCH = 'batch(r1)';
const SLOT = { sequence: 1, digest: BATCH };

/** Replica 2 lacks the certificate of the phase. */
const reminder = (overrides: Partial<Vote> = {}) =>
  vote('prepare', 2, BATCH, { attempt: 1, ...overrides });

const TO_ASKER = { kind: 'replica', id: 2 };

describe('a vote', () => {
  it.each<[string, string, Bench, Partial<Vote>]>([
    ['above the window', 'outside-watermarks', new Bench(1), { sequence: 257 }],
    ['in a later view', 'wrong-view', new Bench(1), { view: 1 }],
    ['in a view after one that has not begun', 'wrong-view', new Bench(1).leaveView(), { view: 2 }],
    ['in a view that is over', 'wrong-view', new Bench(1).enterView(), {}],
  ])('%s is refused as %s', (_, code, bench, overrides) => {
    const refused = vote('prepare', 2, BATCH, overrides);
    bench.receive(refused);
    expect(bench.rejects()).toEqual([code]);
    expect(bench.replica.vote(refused)).toBeUndefined();
  });

  it('of another view on a slot that has executed is refused', () => {
    const bench = new Bench(1).receive(decision(1));
    bench.effects = [];
    bench.receive(vote('prepare', 2, BATCH, { view: 1 }));
    expect(bench.rejects()).toEqual(['wrong-view']);
  });

  it('on a slot that has executed and left the window is not refused, only late', () => {
    const tuning = { checkpointInterval: 4, windowSlots: 8 };
    const bench = new Bench(1, 'ccro', 'done', { tuning });
    bench.receive({ ...certified('checkpoint', 'any'), sequence: 4 }).receive(decision(1));
    bench.effects = [];
    bench.receive(vote('prepare', 2, BATCH));
    expect(bench.effects).toEqual([]);
  });
});

describe('reminders of slots that have not executed', () => {
  it('take nothing of what its sender may ask of those that have', () => {
    const tuning = { checkpointInterval: 4, windowSlots: 8 };
    const bench = new Bench(1, 'ccro', 'done', { tuning });
    bench.receive({ ...certified('checkpoint', 'any'), sequence: 4 }).receive(decision(1));
    const remind = (sequence: number): void =>
      void bench.receive(reminder({ sequence, digest: `batch(r${sequence})` }));
    for (let times = 0; times < 600; times += 1) remind(5);
    expect(bench.replica.screen(reminder())).toBe('wanted');
    for (let times = 0; times < 600; times += 1) remind(1);
    expect(bench.replica.screen(reminder())).toBe('throttled');
  });
});

describe('a vote against what was decided', () => {
  const lie = vote('prepare', 3, 'batch(lie)');
  const evidence = { kind: 'vote-against-decision', accused: 3, vote: lie };
  const reported = (bench: Bench) => bench.of('evidence').map((each) => each.evidence);

  it('is reported once when it comes after the slot has executed, and others are not', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('commit', BATCH));
    bench
      .receive(vote('prepare', 2, BATCH))
      .receive(lie)
      .receive(lie);
    expect(reported(bench)).toMatchObject([evidence]);
  });

  it('is reported when the slot executes if it comes before', () => {
    const bench = new Bench(1).receive(certified('commit', BATCH)).receive(lie);
    expect(reported(bench)).toEqual([]);
    bench.receive(prePrepare(1, [request(1)]));
    expect(reported(bench)).toMatchObject([evidence]);
  });
});

describe('a replica that votes for two batches', () => {
  it('is accused once, and refused each time', () => {
    const bench = new Bench(1).receive(vote('prepare', 2, BATCH));
    const other = vote('prepare', 2, 'batch(lie)');
    bench.receive(other).receive(other);
    expect(bench.of('evidence').map(({ evidence }) => evidence)).toMatchObject([
      { kind: 'conflicting-votes', accused: 2, votes: [{ digest: BATCH }, other] },
    ]);
    expect(bench.rejects()).toEqual(['conflicting-vote', 'conflicting-vote']);
  });

  it('gets no answer to the second one', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('prepare', BATCH)).receive(vote('prepare', 2, BATCH));
    bench.receive(reminder({ digest: 'batch(lie)' }));
    expect(bench.sent('certificate')).toEqual([]);
    bench.receive(reminder());
    expect(bench.sent('certificate')).toMatchObject([{ to: TO_ASKER }]);
  });
});

describe('a reminder', () => {
  const prepared = (self: number) =>
    new Bench(self).receive(prePrepare(1, [request(1)])).receive(certified('prepare', BATCH));

  it('is not answered with a certificate of an earlier view, which its sender has no use for', () => {
    const bench = prepared(3)
      .enterView(SLOT)
      .receive(reminder({ view: 1 }));
    expect(bench.sent('certificate')).toEqual([]);
  });

  it('is answered with the certificate that decides, of whatever view', () => {
    // It lacks the batch, so that it has not executed.
    const bench = new Bench(3).receive(certified('commit', BATCH)).enterView(SLOT);
    bench.receive(reminder({ view: 1 }));
    expect(bench.sent('certificate')).toEqual([
      { kind: 'send', to: TO_ASKER, message: certified('commit', BATCH) },
    ]);
  });

  it('is answered as often as the budget of its sender allows', () => {
    const bench = prepared(1);
    for (let times = 0; times < 3000; times += 1) bench.receive(reminder());
    expect(bench.sent('certificate').length).toBeLessThan(2100);
    expect(bench.rejects()).toContain('throttled');
  });

  it('of the replica itself is no call for help', () => {
    const bench = new Bench(1).receive(certified('prepare', BATCH));
    bench.receive(vote('commit', 2, BATCH));
    bench.fire({ kind: 'certificate', view: 0, sequence: 1, phase: 'commit' });
    expect(bench.sent('vote').at(-1)).toMatchObject({
      to: { kind: 'all' },
      message: { attempt: 1 },
    });
    expect(bench.sent('fetch')).toEqual([]);
  });
});
