import { describe, expect, it } from 'vitest';
import type { Certificate } from '../messages/index.js';
import {
  Bench,
  certificate,
  certified,
  prePrepare,
  request,
  vote,
} from '../replica-bench.testkit.js';

const BATCH = 'batch(r1)';
const STRAGGLERS = { kind: 'stragglers', view: 0, sequence: 1 } as const;

function full(digest: string, overrides: Partial<Certificate> = {}): Certificate {
  const votes = [0, 1, 2, 3].map((replica) => ({ replica, digest }));
  return { ...certificate('prepare', votes), ...overrides };
}

/** Node 2, the collector, with its own vote and those of `voters`. */
function collector(voters: readonly number[]): Bench {
  const bench = new Bench(2).hearAll().receive(prePrepare(1, [request(1)]));
  for (const replica of voters) bench.receive(vote('prepare', replica, BATCH));
  return bench;
}

function certificates(bench: Bench): Certificate[] {
  return bench.sent('certificate').map(({ message }) => message as Certificate);
}

describe('the collector, on the fast path (docs/PROTOCOL.md)', () => {
  it('publishes one certificate of all n, which decides without a second round', () => {
    const bench = collector([0, 1, 3]);
    expect(certificates(bench)).toMatchObject([
      { phase: 'prepare', proof: { signers: [0, 1, 2, 3] } },
    ]);
    expect(bench.executed).toEqual(['op']);
    expect(bench.sent('vote').map(({ message }) => message)).not.toContainEqual(
      expect.objectContaining({ phase: 'commit' }),
    );
    expect(bench.of('executed')[0]?.slot).toMatchObject({ fast: true });
  });

  it('waits for the last vote a moment only, and then goes the slow way', () => {
    const bench = collector([0, 1]);
    expect(certificates(bench)).toEqual([]);
    expect(bench.of('set-timer').map(({ timer }) => timer)).toContainEqual(STRAGGLERS);
    bench.fire(STRAGGLERS);
    expect(certificates(bench)).toMatchObject([
      { phase: 'prepare', proof: { signers: [0, 1, 2] } },
    ]);
    for (const replica of [0, 1]) bench.receive(vote('commit', replica, BATCH));
    expect(bench.executed).toEqual(['op']);
    expect(bench.of('executed')[0]?.slot).toMatchObject({ fast: false });
  });

  it('waits no more once a replica has been missing in three slots in a row', () => {
    const bench = new Bench(2).hearAll();
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      const digest = `batch(r${sequence})`;
      bench.receive(prePrepare(sequence, [request(sequence)]));
      for (const replica of [0, 1]) {
        bench.receive(vote('prepare', replica, digest, { sequence }));
      }
      if (sequence <= 3) bench.fire({ ...STRAGGLERS, sequence });
    }
    const waits = bench.of('set-timer').filter(({ timer }) => timer.kind === 'stragglers');
    expect(waits).toHaveLength(3);
    expect(certificates(bench)).toHaveLength(4);
  });

  it('measures from the quorum to the last vote, whatever comes between', () => {
    const bench = new Bench(2, 'ccro', 'done', { tuning: { n: 7 } }).hearAll();
    const voteOn = (sequence: number, replica: number): void =>
      void bench.receive(vote('prepare', replica, `batch(r${sequence})`, { sequence }));
    for (const sequence of [1, 2]) {
      bench.receive(prePrepare(sequence, [request(sequence)]));
      for (const replica of [0, 1, 3, 4]) voteOn(sequence, replica);
      bench.pass(2);
      for (const replica of [5, 6]) voteOn(sequence, replica);
    }
    const waits = bench
      .of('set-timer')
      .flatMap(({ timer, afterMs }) => (timer.kind === 'stragglers' ? [afterMs] : []));
    // The most that it may be, then thrice what the first one took.
    expect(waits).toEqual([10.5, 6]);
  });

  it('does not count a vote for another digest among the n', () => {
    const bench = collector([0, 1]);
    bench.receive(vote('prepare', 3, 'batch(lie)')).fire(STRAGGLERS);
    expect(certificates(bench)).toMatchObject([{ proof: { signers: [0, 1, 2] } }]);
  });
});

describe('a collector that hears the votes before the pre-prepare', () => {
  /** Node 3 of seven, where five are a quorum, with the votes of a quorum of others. */
  function votedFor(digest: string): Bench {
    const bench = new Bench(3, 'ccro', 'done', { tuning: { n: 7 } }).hearAll();
    for (const replica of [0, 1, 2, 4, 5]) bench.receive(vote('prepare', replica, digest));
    return bench;
  }
  const named = { ...prePrepare(1, [request(1)]), collector: 3 };

  it('A10: certifies the quorum though its time was up before', () => {
    const bench = votedFor(BATCH).fire(STRAGGLERS).receive(named);
    expect(certificates(bench)).toMatchObject([{ phase: 'prepare', digest: BATCH }]);
  });

  it('A10: certifies it when its time is up, if the pre-prepare comes in time', () => {
    const bench = votedFor(BATCH).receive(named);
    expect(certificates(bench)).toEqual([]);
    bench.fire(STRAGGLERS);
    expect(certificates(bench)).toMatchObject([{ phase: 'prepare', digest: BATCH }]);
  });

  it('A10, sibling: certifies what the quorum voted for, whatever it was told itself', () => {
    const bench = votedFor('batch(r2)').receive(named).fire(STRAGGLERS);
    expect(certificates(bench)).toMatchObject([{ phase: 'prepare', digest: 'batch(r2)' }]);
  });

  it('A10, sibling: goes on waiting for others in later slots: it was late, not they', () => {
    const bench = new Bench(3, 'ccro', 'done', { tuning: { n: 7 } }).hearAll();
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      const slot = { sequence };
      for (const replica of [0, 1, 2, 4, 5]) {
        bench.receive(vote('prepare', replica, `batch(r${sequence})`, slot));
      }
      bench.fire({ ...STRAGGLERS, sequence });
    }
    const waits = bench.of('set-timer').filter(({ timer }) => timer.kind === 'stragglers');
    expect(waits).toHaveLength(4);
  });
});

describe('slots that a view carried over', () => {
  /** Node 3, the collector of view 1, which carries the batch of slot 1 over. */
  function inViewOne(): Bench {
    const bench = new Bench(3).enterView({ sequence: 1, digest: BATCH });
    expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
    return bench;
  }

  it('M2: go in two rounds: a quorum is certified at once, and all n prepare votes do not decide', () => {
    const carried = { ...prePrepare(1, [request(1)]), view: 1, collector: 3, replica: 1 };
    const bench = inViewOne().receive(carried);
    for (const replica of [0, 1]) {
      bench.receive(vote('prepare', replica, BATCH, { view: 1 }));
    }
    expect(certificates(bench)).toMatchObject([{ phase: 'prepare', view: 1 }]);
    expect(certificates(bench)[0]?.proof.signers).toHaveLength(3);
    bench.receive(vote('prepare', 2, BATCH, { view: 1 }));
    expect(bench.executed).toEqual([]);
    for (const replica of [0, 1]) bench.receive(vote('commit', replica, BATCH, { view: 1 }));
    expect(bench.executed).toEqual(['op']);
    expect(bench.of('executed')[0]?.slot).toMatchObject({ view: 1, fast: false });
  });

  it('M2: and slots above them on the fast path again', () => {
    const batch = 'batch(r2)';
    const next = { ...prePrepare(2, [request(2)]), view: 1, collector: 3, replica: 1 };
    const bench = inViewOne().receive(next);
    for (const replica of [0, 1]) {
      bench.receive(vote('prepare', replica, batch, { view: 1, sequence: 2 }));
    }
    expect(certificates(bench)).toEqual([]);
  });
});

describe('a replica that gets a certificate of all n', () => {
  it('executes, without a commit vote', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)])).receive(full(BATCH));
    expect(bench.executed).toEqual(['op']);
    expect(bench.sent('vote')).toHaveLength(1);
  });

  it('executes also when it has gone the slow way already', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('prepare', BATCH));
    expect(bench.executed).toEqual([]);
    expect(bench.replica.screen(full(BATCH))).toBe('wanted');
    bench.receive(full(BATCH));
    expect(bench.executed).toEqual(['op']);
  });

  it('executes in whatever view it is', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)])).receive(request(2));
    bench.waitInVain();
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    bench.receive(full(BATCH));
    expect(bench.executed).toEqual(['op']);
  });

  it('is stopped by a second one for another digest: more than f are faulty', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)])).receive(full(BATCH));
    expect(() => bench.receive(full('batch(other)'))).toThrow(/agreement/);
  });

  it('passes the decision on with it', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)])).receive(full(BATCH));
    const [stored] = bench.stored().filter(({ kind }) => kind === 'executed');
    expect(stored).toMatchObject({ decision: { certificate: full(BATCH) } });
  });
});
