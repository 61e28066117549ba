import { describe, expect, it } from 'vitest';
import {
  Bench,
  certified,
  prePrepare,
  replicaState,
  request,
  status,
  vote,
} from './replica-bench.testkit.js';
import { Transfer } from './state/transfer.js';
import { waitingFor } from './waiting.js';

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

  it('is a state, with what has come of it', () => {
    const bench = new Bench(3).receive({ ...certified('checkpoint', 'd'), sequence: 512 });
    const expected = { kind: 'state', sequence: 512, received: 0 };
    expect(bench.replica.waiting()).toEqual({ ...expected, chunks: undefined });
    const state = replicaState(3);
    const stable = { ...certified('checkpoint', 'd'), phase: 'checkpoint' as const, sequence: 512 };
    state.transfer = new Transfer(stable, 3);
    const names = ['state/a', 'state/b'];
    state.transfer.manifest = { ledgerHead: '', chunks: names.map((name) => ({ name, digest })) };
    state.transfer.chunks.set('state/a', { name: 'state/a', text: 'x', digest });
    expect(waitingFor(state)).toEqual({ ...expected, received: 1, chunks: 2 });
    // It comes before whatever else there is to wait for.
    state.active = false;
    expect(waitingFor(state)).toMatchObject({ kind: 'state' });
  });

  it('is what is certified far ahead, too', () => {
    const bench = new Bench(1, 'pbft').receive({ ...certified('commit', digest), sequence: 9 });
    const expected = { kind: 'decisions', lastExecuted: 0, ahead: 9 };
    expect(bench.replica.waiting()).toEqual(expected);
    for (const replica of [2, 3]) bench.receive(status(replica, { lastExecuted: 11 }));
    expect(bench.replica.waiting()).toEqual({ ...expected, ahead: 11 });
  });

  it('is votes, broadcast by all, once the collector failed', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.fire({ kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' });
    const expected = { kind: 'votes', view: 0, sequence: 1, phase: 'prepare', required: 3 };
    expect(bench.replica.waiting()).toEqual({ ...expected, votes: 1 });
  });

  it('is the prepare certificate of this view, whatever an earlier one had', () => {
    const carried = { sequence: 1, digest };
    const bench = new Bench(2).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('prepare', digest)).enterView(carried);
    bench.receive({ ...prePrepare(1, [request(1)]), view: 1, replica: 1, collector: 3 });
    const expected = { kind: 'certificate', view: 1, sequence: 1, phase: 'prepare', collector: 3 };
    expect(bench.replica.waiting()).toEqual(expected);
  });

  it('is how many have asked for a view so far', () => {
    const bench = new Bench(2).leaveView();
    const expected = { kind: 'view', view: 1, primary: 1, required: 3 };
    expect(bench.replica.waiting()).toEqual({ ...expected, asking: 2 });
  });

  it('is nothing but the reports that are missing, of one that could not propose yet', () => {
    const bench = new Bench(0).start().receive(status(1)).receive(request(1), 'direct');
    expect(bench.replica.waiting()).toEqual({ kind: 'reports', heard: 2, required: 3 });
    const backup = new Bench(1).start();
    expect(backup.replica.waiting()).toBeUndefined();
  });
});
