import { describe, expect, it } from 'vitest';
import type { Reply } from '../messages/index.js';
import {
  Bench,
  certified,
  decision,
  prePrepare,
  replicaState,
  request,
  status,
  viewChange,
  vote,
} from '../replica-bench.testkit.js';
import { STALE_RESULT } from '../state/client-table.js';
import { executeDecision } from './executing.js';

const BATCH = 'batch(r1)';
const CARRIED = { sequence: 1, digest: BATCH };

function replies(bench: Bench): Reply[] {
  return bench.sent('reply').map(({ message }) => message as Reply);
}

describe('a batch that executes', () => {
  it('runs no request that may have executed before, and its client is told so', () => {
    const bench = new Bench(1, 'ccro', 'done', { tuning: { clientWindow: 1 } });
    bench
      .receive(decision(1))
      .receive(decision(2))
      .receive(decision(3, [request(1)]));
    expect(bench.executed).toHaveLength(2);
    expect(replies(bench).at(-1)).toMatchObject({
      results: [{ timestamp: 1, sequence: 3, result: STALE_RESULT }],
    });
    // It is as old as it was.
    bench.receive(decision(4, [request(1)]));
    expect(bench.executed).toHaveLength(2);
  });

  it('is stored with its results, which the ledger holds too', () => {
    const state = replicaState(1);
    const linked: (readonly string[])[] = [];
    Object.assign(state.dependencies.digests, {
      ledgerLink: (_: string, batch: string, results: readonly string[]) => {
        linked.push(results);
        return `ledger:${batch}`;
      },
    });
    executeDecision(state, decision(1));
    expect(linked).toEqual([['done']]);
    const [stored] = state.takeEffects().flatMap((each) => ('records' in each ? each.records : []));
    expect(stored).toMatchObject({
      kind: 'executed',
      results: [{ timestamp: 1, request: 'r1', sequence: 1, batch: BATCH, result: 'done' }],
      ledgerHead: `ledger:${BATCH}`,
    });
  });

  it('has its state machine told whose request it is, and in which slot', () => {
    const state = replicaState(1);
    const told: object[] = [];
    Object.assign(state.dependencies.stateMachine, {
      execute: (operation: string, context: object) => {
        told.push({ operation, ...context });
        return 'done';
      },
    });
    executeDecision(state, decision(1, [request(7)]));
    expect(told).toEqual([{ operation: 'op', client: 'c', timestamp: 7, sequence: 1 }]);
  });

  it('is told of with the time since its proposal, where it came with one', () => {
    const bench = new Bench(1)
      .pass(7)
      .receive(prePrepare(1, [request(1)]))
      .pass(50);
    bench.receive(certified('commit', BATCH)).receive(decision(2));
    const durations = bench.of('executed').map(({ slot }) => slot.durationMs);
    expect(durations).toEqual([50, undefined]);
  });

  it('has a primary that caught up propose above it', () => {
    const bench = new Bench(0).receive(status(1)).receive(status(2)).receive(decision(1));
    bench.receive(request(2));
    expect(bench.sent('pre-prepare')).toMatchObject([{ message: { sequence: 2 } }]);
  });

  it('leaves its primary little time in a view that does nothing, if an earlier view decided it', () => {
    const timeFor = (view: number): number[] => {
      const bench = new Bench(3).leaveView(1).leaveView(2);
      bench.receive({ ...decision(1), certificate: { ...certified('commit', BATCH), view } });
      bench.effects = [];
      bench.receive(viewChange(0, { view: 2 }));
      return bench.of('set-timer').map(({ afterMs }) => afterMs);
    };
    expect(timeFor(0)).toEqual([4000]);
    expect(timeFor(2)).toEqual([2000]);
  });

  it('counts, when it is passed on, with its certificate', () => {
    const bench = new Bench(1);
    // Four of these are as much as a replica may draw, if certificates were for nothing.
    const operation = 'x'.repeat(1024 * 1024 - 512);
    for (const each of [1, 2, 3, 4]) bench.receive(decision(each, [request(each, { operation })]));
    bench.receive(status(0));
    expect(bench.of('send-decisions')).toMatchObject([{ first: 1, last: 3 }]);
  });
});

describe('replies', () => {
  const results = (length: number, requests: number): readonly number[] => {
    const bench = new Bench(1, 'ccro', 'x'.repeat(length));
    const batch = Array.from({ length: requests }, (_, at) => request(at + 1));
    bench.receive(decision(1, batch));
    return replies(bench).map((reply) => reply.results.length);
  };

  it.each([
    ['two results that just fit together', 64 * 1024, 2, [2]],
    ['one of two that do not', 64 * 1024 + 1, 2, [1, 1]],
    ['one that is larger than all that should', 129 * 1024, 1, [1]],
  ])('carry %s', (_, length, requests, carried) => {
    expect(results(length, requests)).toEqual(carried);
  });

  it('go to the client, briefly where others tell several results in full', () => {
    const brief = (sequence: number, requests: number) => {
      const bench = new Bench(1);
      for (let before = 1; before < sequence; before += 1) bench.receive(decision(before));
      bench.effects = [];
      const batch = Array.from({ length: requests }, (_, at) => request(90 + at));
      bench.receive(decision(sequence, batch));
      expect(bench.sent('reply').map(({ to }) => to)).toEqual([{ kind: 'client', id: 'c' }]);
      return bench.sent('reply').map(({ message }) => 'brief' in message && message.brief);
    };
    expect([brief(1, 1), brief(1, 2), brief(4, 2)]).toEqual([[false], [true], [false]]);
  });

  it('name the collector of the decided proposal, and nobody where that is not known', () => {
    const ccro = new Bench(1).receive(prePrepare(1, [request(1)]));
    ccro.receive(certified('commit', BATCH));
    expect(replies(ccro)).toMatchObject([{ collector: 2 }]);
    const other = new Bench(1).receive(prePrepare(1, [request(1)]));
    other.receive(decision(1, [request(2)]));
    expect(replies(other)[0]).not.toHaveProperty('collector');
    const pbft = new Bench(1, 'pbft').receive(prePrepare(1, [request(1)]));
    pbft.receive(certified('commit', BATCH));
    expect(replies(pbft)[0]).not.toHaveProperty('collector');
  });
});

describe('a vote against the decision', () => {
  it('is no evidence when it is of another view: the batch may have changed with it', () => {
    const bench = new Bench(3).receive(vote('prepare', 2, 'batch(lie)')).enterView(CARRIED);
    bench.receive({ ...prePrepare(1, [request(1)]), view: 1, replica: 1, collector: 2 });
    bench.receive({ ...certified('commit', BATCH), view: 1 });
    expect(bench.executed).toEqual(['op']);
    expect(bench.of('evidence')).toEqual([]);
  });

  it('is evidence together with the certificate that decided', () => {
    const lie = vote('prepare', 2, 'batch(lie)');
    const bench = new Bench(1).receive(prePrepare(1, [request(1)])).receive(lie);
    bench.receive(certified('commit', BATCH));
    expect(bench.of('evidence').map(({ evidence }) => evidence)).toEqual([
      {
        kind: 'vote-against-decision',
        accused: 2,
        vote: lie,
        certificate: certified('commit', BATCH),
      },
    ]);
  });

  it('is none against this replica itself, which its primary may have told something else', () => {
    const bench = new Bench(1, 'pbft').receive(prePrepare(1, [request(1)]));
    bench.receive(decision(1, [request(2)]));
    expect(bench.replica.status().lastExecuted).toBe(1);
    expect(bench.of('evidence')).toEqual([]);
  });
});

describe('collectors that fail in one slot after the other', () => {
  const LIMIT = 5;
  const tuning = { maxInFlightSlots: 2 };

  /** The slots up to `last` execute, after their collectors have missed their time. */
  function failing(bench: Bench, last: number, first = 1): Bench {
    for (let sequence = first; sequence <= last; sequence += 1) {
      bench.receive(prePrepare(sequence, [request(sequence)]));
      bench.fire({ kind: 'certificate', view: 0, sequence, phase: 'prepare' });
      bench.receive({ ...certified('commit', `batch(r${sequence})`), sequence });
    }
    return bench;
  }

  const backup = (mode: 'pbft' | 'ccro' = 'ccro') => new Bench(1, mode, 'done', { tuning });

  it('have backups suspect the primary that names them, and count anew', () => {
    const bench = failing(backup(), LIMIT);
    expect(bench.sent('suspicion')).toEqual([]);
    failing(bench, LIMIT + 1, LIMIT + 1);
    expect(bench.sent('suspicion')).toHaveLength(1);
    failing(bench, 2 * LIMIT + 1, LIMIT + 2);
    expect(bench.sent('suspicion')).toHaveLength(1);
  });

  it('are forgiven when one does not', () => {
    const bench = failing(backup(), LIMIT).receive(decision(LIMIT + 1));
    expect(failing(bench, LIMIT + 3, LIMIT + 2).sent('suspicion')).toEqual([]);
  });

  it.each([
    ['f + 1 others, whether or not this one waits, speak', [0, 3], 1],
    ['f others alone do not speak', [3], 0],
  ])('that fail %s against the primary', (_, reminding, times) => {
    const bench = backup();
    for (let sequence = 1; sequence <= LIMIT + 1; sequence += 1) {
      const digest = `batch(r${sequence})`;
      bench.receive(prePrepare(sequence, [request(sequence)]));
      for (const replica of reminding) {
        bench.receive(vote('prepare', replica, digest, { attempt: 1, sequence }));
      }
      bench.receive({ ...certified('commit', digest), sequence });
    }
    expect(bench.replica.status()).toMatchObject({ view: 0, lastExecuted: LIMIT + 1 });
    expect(bench.sent('suspicion')).toHaveLength(times);
  });

  it('are nobody in PBFT', () => {
    expect(failing(backup('pbft'), LIMIT + 2).sent('suspicion')).toEqual([]);
  });

  it('say nothing against the primary of a view that has not begun', () => {
    const bench = failing(backup(), LIMIT);
    const sequence = LIMIT + 1;
    bench.receive(prePrepare(sequence, [request(sequence)]));
    bench.fire({ kind: 'certificate', view: 0, sequence, phase: 'prepare' }).leaveView();
    bench.receive({ ...certified('commit', `batch(r${sequence})`), sequence });
    expect(bench.executed).toHaveLength(sequence);
    expect(bench.sent('suspicion')).toEqual([]);
  });
});
