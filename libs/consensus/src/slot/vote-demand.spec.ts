import { describe, expect, it } from 'vitest';
import { Bench, certified, prePrepare, request, vote } from '../replica-bench.testkit.js';

const BATCH = 'batch(r1)';

/** A replica that accepted a proposal: node 2 is its collector. */
function accepted(self: number, mode: 'pbft' | 'ccro' = 'ccro', fastPath = true): Bench {
  const bench = new Bench(self, mode, 'done', { tuning: { fastPath } }).hearAll();
  return bench.receive(prePrepare(1, [request(1)]));
}

const demand = (bench: Bench, ...of: Parameters<typeof vote>) =>
  bench.replica.voteDemand(vote(...of));

describe('what is wanted of votes', () => {
  it('a quorum, before anything is known of the slot', () => {
    const bench = new Bench(1, 'pbft');
    expect(demand(bench, 'prepare', 0, BATCH)).toEqual({ known: [], quorum: 3, enough: 3 });
  });

  it('all, by a collector on the fast path; a quorum by others, and of commit votes', () => {
    expect(demand(accepted(2), 'prepare', 0, BATCH)).toEqual({ known: [2], quorum: 3, enough: 4 });
    expect(demand(accepted(2, 'ccro', false), 'prepare', 0, BATCH)?.enough).toBe(3);
    expect(demand(accepted(1, 'pbft'), 'prepare', 0, BATCH)?.enough).toBe(3);
    expect(demand(accepted(2), 'commit', 0, BATCH)?.enough).toBe(3);
  });

  it('nothing more once there is a certificate for the same', () => {
    const bench = accepted(1, 'pbft').receive(certified('prepare', BATCH));
    expect(demand(bench, 'prepare', 0, BATCH)).toBeUndefined();
    expect(demand(bench, 'commit', 0, BATCH)).toMatchObject({ enough: 3 });
    bench.receive(certified('commit', BATCH));
    expect(demand(bench, 'commit', 0, BATCH)).toBeUndefined();
    const decided = accepted(1, 'pbft').receive(certified('commit', BATCH));
    expect(demand(decided, 'prepare', 0, BATCH)).toBeUndefined();
    expect(bench.executed).toEqual(['op']);
  });

  it('a vote against what was decided: it is evidence', () => {
    const bench = accepted(1, 'pbft').receive(certified('commit', BATCH));
    expect(demand(bench, 'prepare', 3, 'another')).toMatchObject({ known: [] });
  });

  it('the late votes at a collector that went the slow way: they say that all are there', () => {
    const bench = accepted(2);
    for (const replica of [0, 1]) bench.receive(vote('prepare', replica, BATCH));
    bench.fire({ kind: 'stragglers', view: 0, sequence: 1 });
    expect(demand(bench, 'prepare', 3, BATCH)).toEqual({ known: [2, 0, 1], quorum: 3, enough: 4 });
  });

  it('nothing outside the window, of earlier views, or on stable checkpoints', () => {
    const bench = accepted(1);
    expect(demand(bench, 'prepare', 0, BATCH, { sequence: 100_000 })).toBeUndefined();
    expect(demand(bench, 'checkpoint', 0, BATCH, { sequence: 0 })).toBeUndefined();
    expect(demand(bench, 'checkpoint', 0, BATCH, { sequence: 128 })).toEqual({
      known: [],
      quorum: 3,
      enough: 3,
    });
  });

  it('what is not known of it yet, of this view', () => {
    const bench = accepted(1, 'pbft').receive(vote('prepare', 3, BATCH));
    expect(demand(bench, 'prepare', 0, BATCH)).toMatchObject({ known: [1, 3] });
    expect(demand(bench, 'prepare', 0, 'another')).toMatchObject({ known: [] });
    const checkpoint = { sequence: 128 };
    bench.receive(vote('checkpoint', 3, 'state', checkpoint));
    expect(demand(bench, 'checkpoint', 0, 'state', checkpoint)).toMatchObject({ known: [3] });
    bench.receive({ ...certified('checkpoint', 'state'), ...checkpoint });
    expect(demand(bench, 'checkpoint', 0, 'state', checkpoint)).toBeUndefined();
    expect(demand(bench, 'checkpoint', 0, 'state', { sequence: 256 })).toBeDefined();
    expect(demand(new Bench(1).enterView(), 'prepare', 0, BATCH)).toBeUndefined();
    expect(demand(new Bench(1).enterView(), 'prepare', 0, BATCH, { view: 1 })).toBeDefined();
  });

  it('a vote of a later view than the certificate that is held, or for something else', () => {
    const bench = accepted(1, 'pbft').receive(certified('prepare', BATCH));
    expect(demand(bench, 'prepare', 0, BATCH, { view: 1 })).toMatchObject({ enough: 3 });
    expect(demand(bench, 'prepare', 0, 'another')).toMatchObject({ enough: 3 });
  });

  it('a quorum of what a collector that waits no more has not heard of', () => {
    const bench = accepted(2);
    for (const replica of [0, 1]) bench.receive(vote('prepare', replica, BATCH));
    expect(demand(bench, 'prepare', 3, BATCH)).toMatchObject({ enough: 4 });
    expect(demand(bench, 'prepare', 3, 'another')).toMatchObject({ known: [], enough: 4 });
    bench.fire({ kind: 'stragglers', view: 0, sequence: 1 });
    expect(demand(bench, 'prepare', 3, 'another')).toMatchObject({ known: [], enough: 3 });
  });

  it('a quorum, by a collector whose waits for all were in vain', () => {
    const bench = new Bench(2).hearAll();
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      bench.receive(prePrepare(sequence, [request(sequence)]));
      const digest = `batch(r${sequence})`;
      if (sequence === 4) {
        expect(demand(bench, 'prepare', 0, digest, { sequence })).toMatchObject({ enough: 3 });
      }
      for (const replica of [0, 1]) bench.receive(vote('prepare', replica, digest, { sequence }));
      bench.fire({ kind: 'stragglers', view: 0, sequence });
    }
  });
});
