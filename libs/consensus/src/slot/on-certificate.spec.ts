import { describe, expect, it } from 'vitest';
import { Bench, certified, prePrepare, request } from '../replica-bench.testkit.js';

const BATCH = 'batch(r1)';

describe('a certificate', () => {
  it('of a slot that has executed has nothing done, be it of a view that is over', () => {
    const bench = new Bench(3).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('commit', BATCH)).enterView({ sequence: 1, digest: BATCH });
    bench.effects = [];
    expect(bench.receive(certified('prepare', BATCH)).effects).toEqual([]);
  });

  it('from above the window tells that the replica lags, and opens no slot', () => {
    const bench = new Bench(1).receive({ ...certified('commit', 'any'), sequence: 257 });
    expect(bench.effects).toMatchObject([{ kind: 'set-timer', timer: { kind: 'status' } }]);
    expect(bench.replica.status().slots).toBe(0);
  });

  it('that prepares in another view is refused', () => {
    const bench = new Bench(1).receive({ ...certified('prepare', BATCH), view: 1 });
    expect(bench.rejects()).toEqual(['wrong-view']);
    expect(bench.sent('vote')).toEqual([]);
  });

  it.each([
    [
      'broadcast',
      'as collectors send it, teaches to wait longer when it is late again and again',
      2000,
    ],
    ['direct', 'from who helps says nothing of how long collectors take', 200],
  ] as const)('by %s, %s', (via, _, afterMs) => {
    const bench = new Bench(1);
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      bench.receive(prePrepare(sequence, [request(sequence)]));
      bench.fire({ kind: 'certificate', view: 0, sequence, phase: 'prepare' });
      bench.receive({ ...certified('prepare', `batch(r${sequence})`), sequence }, via);
    }
    bench.receive(prePrepare(5, [request(5)]));
    const timer = { kind: 'certificate', sequence: 5 };
    expect(bench.of('set-timer').at(-1)).toMatchObject({ timer, afterMs });
  });
});
