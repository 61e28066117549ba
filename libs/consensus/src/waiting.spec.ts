import { describe, expect, it } from 'vitest';
import { Bench, certified, prePrepare, request, status, vote } from './replica-bench.contract.js';

const digest = 'batch(r1)';

describe('what a replica waits for', () => {
  it('is nothing when nobody asked for anything', () => {
    expect(new Bench(1).start().replica.waiting()).toBeUndefined();
  });

  it('is a proposal of what was asked for', () => {
    const bench = new Bench(1).receive(request(1)).receive(request(2));
    const expected = { kind: 'proposal', view: 0, primary: 0, requests: 2 };
    expect(bench.replica.waiting()).toEqual(expected);
  });

  it('is the certificate of who gathers the votes', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    const expected = { kind: 'certificate', view: 0, sequence: 1, collector: 2 };
    expect(bench.replica.waiting()).toEqual({ ...expected, phase: 'prepare' });
    bench.receive(certified('prepare', digest));
    expect(bench.replica.waiting()).toEqual({ ...expected, phase: 'commit' });
    bench.receive(certified('commit', digest));
    expect(bench.replica.waiting()).toBeUndefined();
  });

  it('is votes where they are gathered', () => {
    const bench = new Bench(2).receive(prePrepare(1, [request(1)]));
    const expected = { kind: 'votes', view: 0, sequence: 1, phase: 'prepare', required: 3 };
    expect(bench.replica.waiting()).toEqual({ ...expected, votes: 1 });
    bench.receive(vote('prepare', 1, digest));
    expect(bench.replica.waiting()).toEqual({ ...expected, votes: 2 });
    const everywhere = new Bench(1, 'pbft').receive(prePrepare(1, [request(1)]));
    expect(everywhere.replica.waiting()).toEqual({ ...expected, votes: 1 });
  });

  it('is what the others have decided, once f + 1 say so', () => {
    const bench = new Bench(1).start().receive(status(2, { lastExecuted: 7 }));
    expect(bench.replica.waiting()).toBeUndefined();
    bench.receive(status(3, { lastExecuted: 9 }));
    const expected = { kind: 'decisions', lastExecuted: 0, ahead: 7 };
    expect(bench.replica.waiting()).toEqual(expected);
  });

  it('is word from the others when a primary has just started', () => {
    const bench = new Bench(0).start();
    const expected = { kind: 'reports', heard: 1, required: 3 };
    expect(bench.replica.waiting()).toEqual(expected);
    bench.receive(status(1, { lastExecuted: 0 })).receive(status(2, { lastExecuted: 0 }));
    expect(bench.replica.waiting()).toBeUndefined();
  });

  it('is a view that others ask for too', () => {
    const bench = new Bench(2).start().receive(request(1));
    bench.waitInVain();
    const waiting = bench.replica.waiting();
    expect(waiting).toMatchObject({ kind: 'view', view: 1, primary: 1, required: 3 });
  });
});
