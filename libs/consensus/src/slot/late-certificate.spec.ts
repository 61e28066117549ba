import { describe, expect, it } from 'vitest';
import {
  Bench,
  certificate,
  certified,
  prePrepare,
  request,
  vote,
} from '../replica-bench.testkit.js';

const BATCH = 'batch(r1)';

/** Whether a certificate that goes to all now is worth checking. */
const screened = (bench: Bench, view = 0) =>
  bench.replica.screen({ ...certified('prepare', BATCH), view }, 0, 'broadcast');

describe('a certificate that goes to all when this replica has it from others', () => {
  const TIME = { kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' } as const;

  /** It waited in vain, and made the certificate of votes that others broadcast. */
  function helped(bench: Bench, view = 0): Bench {
    bench.fire({ ...TIME, view });
    for (const replica of [0, 2]) bench.receive(vote('prepare', replica, BATCH, { view }));
    return bench;
  }

  it('says how long the collector takes, as long as the slot is under way', () => {
    const bench = helped(new Bench(1).receive(prePrepare(1, [request(1)])));
    expect(screened(bench)).toBe('wanted');
    for (const replica of [0, 2]) bench.receive(vote('commit', replica, BATCH));
    expect(bench.executed).toEqual(['op']);
    expect(screened(bench)).toBe('duplicate');
  });

  it('says so of the present view', () => {
    const bench = new Bench(3).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('prepare', BATCH)).enterView({ sequence: 1, digest: BATCH });
    bench.receive({ ...prePrepare(1, [request(1)]), view: 1, replica: 1, collector: 2 });
    bench.fire({ ...TIME, view: 1 });
    expect(screened(bench, 0)).toBe('duplicate');
    helped(bench, 1);
    expect(screened(bench, 1)).toBe('wanted');
  });

  it('says nothing if this replica did not wait in vain', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    for (const replica of [0, 2, 3]) bench.receive(vote('prepare', replica, BATCH));
    expect(bench.sent('vote').at(-1)?.message).toMatchObject({ phase: 'commit' });
    expect(screened(bench)).toBe('duplicate');
  });
});

describe('a decision of an earlier view', () => {
  it('took the time of the view change, though that is over', () => {
    const bench = new Bench(3).receive(prePrepare(1, [request(1)]));
    bench.enterView({ sequence: 1, digest: BATCH }).pass(5000);
    const signers = [0, 1, 2, 3].map((replica) => ({ replica, digest: BATCH }));
    bench.receive(certificate('prepare', signers));
    expect(bench.executed).toEqual(['op']);
    bench.receive({ ...prePrepare(2, [request(2)]), view: 1, replica: 1 });
    expect(bench.of('set-timer').at(-1)).toMatchObject({ timer: { sequence: 2 }, afterMs: 200 });
  });

  it('excuses no collector of the present one, though it went to all', () => {
    const bench = new Bench(3).receive(prePrepare(1, [request(1)]));
    bench.enterView({ sequence: 1, digest: BATCH });
    bench.receive({ ...prePrepare(1, [request(1)]), view: 1, replica: 1, collector: 2 });
    bench.receive(certified('commit', BATCH));
    expect(bench.replica.status().collector).toBe(2);
    for (const replica of [0, 2]) {
      bench.receive(vote('commit', replica, BATCH, { view: 1, attempt: 1 }));
    }
    expect(bench.replica.status().collector).not.toBe(2);
  });
});
