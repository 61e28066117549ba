import { describe, expect, it } from 'vitest';
import { Bench, certified, decision, prePrepare, request, vote } from '../replica-bench.testkit.js';

const BATCH = 'batch(r1)';

/** Replica 3 lacks a certificate, and was told another collector. */
const reminder = (sequence = 1, digest = BATCH) =>
  vote('prepare', 3, digest, { attempt: 1, collector: 3, sequence });

describe('what a replica was told', () => {
  it('is not disputed by the primary who said it, whatever is certified or reminded of', () => {
    const bench = new Bench(0).receive(prePrepare(1, [request(1)]), 'self');
    bench.receive(reminder()).receive(certified('prepare', 'batch(r2)'));
    expect(bench.sent('pre-prepare')).toEqual([]);
  });

  it('is not shown by who was told nothing yet', () => {
    const bench = new Bench(1).receive(reminder());
    expect(bench.sent('pre-prepare')).toEqual([]);
  });

  it('is shown to who was told another collector as often as its budget allows', () => {
    const bench = new Bench(1);
    const batch = Array.from({ length: 256 }, (_, at) => request(at));
    const { digest } = prePrepare(1, batch);
    for (let sequence = 1; sequence <= 130; sequence += 1) {
      bench.receive(prePrepare(sequence, batch)).receive(reminder(sequence, digest));
    }
    // Of two megabytes, with 256 digests of 68 bytes each.
    expect(bench.sent('pre-prepare')).toHaveLength(120);
  });
});

describe('a primary that signed two batches for one slot', () => {
  it('is accused, and nothing more, by who has left its view already', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)])).receive(decision(1));
    bench.leaveView().receive(prePrepare(1, [request(2)]));
    expect(bench.of('evidence')).toMatchObject([
      { evidence: { kind: 'conflicting-proposals', accused: 0 } },
    ]);
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    expect(bench.sent('pre-prepare')).toEqual([]);
  });

  it('is not there where a view was left for another reason: nothing is shown', () => {
    const bench = new Bench(1).leaveView();
    bench.effects = [];
    bench.fire({ kind: 'view-change', view: 1, attempt: 0 });
    const kinds = new Set(bench.of('send').map(({ message }) => message.kind));
    expect([...kinds]).toEqual(['view-change']);
  });
});
