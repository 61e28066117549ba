import { describe, expect, it } from 'vitest';
import type { TimerKey } from '../model/timers.js';
import { Bench, certified, decision, prePrepare, request, vote } from '../replica-bench.testkit.js';

const BATCH = 'batch(r1)';
const CERTIFICATE = { kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' } as const;

/** Replica `self` of four has voted on slot 1, whose collector is 2, when the broker goes away. */
function away(self = 3, mode: 'pbft' | 'ccro' = 'ccro'): Bench {
  const bench = new Bench(self, mode).hearAll().receive(prePrepare(1, [request(1)]));
  bench.disconnect();
  bench.effects = [];
  return bench;
}

function back(bench: Bench): Bench {
  bench.connect();
  return bench;
}

function waits(bench: Bench, kind: TimerKey['kind']): number[] {
  return bench
    .of('set-timer')
    .flatMap(({ timer, afterMs }) => (timer.kind === kind ? afterMs : []));
}

describe('A7, sibling: while the broker is away', () => {
  it.each<TimerKey>([
    CERTIFICATE,
    { kind: 'stragglers', view: 0, sequence: 1 },
    { kind: 'fetch', sequence: 1, digest: BATCH },
    { kind: 'transfer', attempt: 0 },
    { kind: 'fetch-view-changes', replica: 1, attempt: 0 },
  ])('what comes over it is waited for on and on: %j', (timer) => {
    const bench = away().fire(timer, 60_000);
    expect(bench.effects).toEqual([{ kind: 'set-timer', timer, afterMs: 1000 }]);
  });

  it('what this replica says goes on', () => {
    const bench = new Bench(1).disconnect();
    bench.fire({ kind: 'status' }).fire({ kind: 'status' });
    expect(bench.sent('status')).toHaveLength(1);
  });
});

describe('A7, sibling: when the broker is back', () => {
  it('votes on what was under way go to all, and are no reminders', () => {
    const bench = back(away());
    expect(bench.sent('vote')).toMatchObject([
      { to: { kind: 'all' }, message: { phase: 'prepare', sequence: 1, attempt: 0 } },
    ]);
    expect(waits(bench, 'certificate')).toEqual([200]);
  });

  it('the primary shows its proposals again', () => {
    const bench = new Bench(0).receive(prePrepare(1, [request(1)]), 'self').disconnect();
    bench.effects = [];
    expect(back(bench).sent('pre-prepare')).toMatchObject([{ message: { sequence: 1 } }]);
    expect(back(away()).sent('pre-prepare')).toEqual([]);
  });

  it('a wait for its certificate is held against nobody, however often', () => {
    const bench = back(away()).fire(CERTIFICATE).fire(CERTIFICATE);
    expect(bench.sent('vote').map(({ message }) => message)).toMatchObject([
      { attempt: 0 },
      { attempt: 1 },
      { attempt: 2 },
    ]);
    expect(bench.of('evidence')).toEqual([]);
  });

  it('reminders of others have its collector passed over, and no primary suspected', () => {
    const bench = new Bench(1, 'ccro', 'done', { tuning: { maxInFlightSlots: 1 } }).hearAll();
    const slots = Array.from({ length: 12 }, (_, index) => index + 1);
    const failing = (sequence: number): void => {
      const digest = `batch(r${sequence})`;
      bench.receive(prePrepare(sequence, [request(sequence)]));
      for (const replica of [0, 3]) {
        bench.receive(vote('prepare', replica, digest, { attempt: 1, sequence }));
      }
    };
    const decide = (sequence: number): void => {
      const digest = `batch(r${sequence})`;
      bench.receive({ ...certified('commit', digest), sequence }, 'direct');
    };
    back(bench.disconnect());
    for (const sequence of slots) {
      failing(sequence);
      decide(sequence);
    }
    expect(bench.replica.status()).toMatchObject({ lastExecuted: 12, collector: 3 });
    expect(bench.sent('suspicion')).toEqual([]);
    bench.pass(2000);
    for (const sequence of slots.map((slot) => slot + 12)) {
      failing(sequence);
      decide(sequence);
    }
    expect(bench.sent('suspicion')).not.toEqual([]);
  });

  it('slots that begin while others may not be back are held against nobody either', () => {
    const bench = new Bench(3).hearAll().disconnect();
    bench.connect();
    bench
      .pass(1900)
      .receive(prePrepare(1, [request(1)]))
      .fire(CERTIFICATE);
    expect(bench.sent('vote')).toMatchObject([
      { to: { kind: 'replica', id: 2 } },
      { to: { kind: 'all' }, message: { attempt: 1 } },
    ]);
    expect(bench.of('evidence')).toEqual([]);
    bench.receive(prePrepare(2, [request(2)])).fire({ ...CERTIFICATE, sequence: 2 });
    expect(bench.of('evidence')).toHaveLength(1);
  });

  it('a commit vote without a proposal is said again, and its certificate measured by nobody', () => {
    const bench = new Bench(3).hearAll().receive(prePrepare(1, [request(1)], false));
    bench.receive(certified('prepare', BATCH)).disconnect();
    bench.effects = [];
    back(bench.pass(60_000));
    expect(bench.sent('vote')).toMatchObject([
      { to: { kind: 'all' }, message: { phase: 'commit' } },
    ]);
    bench
      .receive(certified('commit', BATCH))
      .pass(2000)
      .receive(prePrepare(2, [request(2)]));
    expect(waits(bench, 'certificate').at(-1)).toBe(200);
  });

  it('a collector publishes again what it held', () => {
    const bench = new Bench(2).hearAll().receive(prePrepare(1, [request(1)]));
    for (const replica of [0, 1]) bench.receive(vote('prepare', replica, BATCH));
    bench.fire({ kind: 'stragglers', view: 0, sequence: 1 }).disconnect();
    bench.effects = [];
    expect(back(bench).sent('certificate')).toMatchObject([
      { to: { kind: 'all' }, message: { phase: 'prepare' } },
    ]);
  });

  it('who is no collector publishes nothing, whatever it holds', () => {
    const bench = new Bench(3).hearAll().receive(prePrepare(1, [request(1)]));
    bench.receive(certified('prepare', BATCH)).disconnect();
    bench.effects = [];
    expect(back(bench).sent('certificate')).toEqual([]);
    expect(bench.sent('vote')).toMatchObject([{ message: { phase: 'commit' } }]);
  });

  it('the second time votes are reminders: others have the first ones', () => {
    const bench = back(back(away()).disconnect());
    expect(bench.sent('vote').map(({ message }) => message)).toMatchObject([
      { attempt: 0 },
      { attempt: 1 },
    ]);
  });

  it('the last votes that come then say nothing of how long they take', () => {
    const bench = new Bench(2).hearAll().receive(prePrepare(1, [request(1)]));
    for (const replica of [0, 1]) bench.receive(vote('prepare', replica, BATCH));
    back(bench.disconnect()).receive(vote('prepare', 3, BATCH));
    bench.receive(prePrepare(2, [request(2)]));
    for (const replica of [0, 1]) {
      bench.receive(vote('prepare', replica, 'batch(r2)', { sequence: 2 }));
    }
    // As long as before the first one was measured.
    expect(waits(bench, 'stragglers')).toEqual([6, 6]);
  });

  it('a certificate that comes then says nothing of how long collectors take', () => {
    const bench = back(away().pass(60_000)).receive(certified('prepare', BATCH));
    bench.receive(prePrepare(2, [request(2)]));
    // As long as before the first one was measured.
    expect(new Set(waits(bench, 'certificate'))).toEqual(new Set([200]));
  });

  it('a collector makes do with the quorum it has', () => {
    const bench = new Bench(2).hearAll().receive(prePrepare(1, [request(1)]));
    for (const replica of [0, 1]) bench.receive(vote('prepare', replica, BATCH));
    expect(back(bench.disconnect()).sent('certificate')).toMatchObject([
      { to: { kind: 'all' }, message: { phase: 'prepare', proof: { signers: [0, 1, 2] } } },
    ]);
  });

  it('a batch that was asked for is asked for again', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)], false)).disconnect();
    bench.effects = [];
    expect(back(bench).sent('fetch')).toHaveLength(1);
  });

  it('a batch that was asked for is not asked for again once it has come in a decision', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)], false));
    bench.receive(decision(1)).disconnect();
    expect(bench.executed).toEqual(['op']);
    bench.effects = [];
    expect(back(bench).sent('fetch')).toEqual([]);
  });

  it('nothing is said again of slots that are decided, executed, of no view, or unknown', () => {
    const decided = new Bench(1).receive(certified('commit', BATCH)).disconnect();
    const executed = new Bench(1).receive(prePrepare(1, [request(1)]));
    executed.receive(certified('commit', BATCH)).disconnect();
    const left = new Bench(1)
      .receive(prePrepare(1, [request(1)]))
      .leaveView()
      .disconnect();
    const unknown = new Bench(1).receive(vote('prepare', 0, BATCH)).disconnect();
    // Decided, and voted on, while the slot before it is not there.
    const ahead = new Bench(1).receive(prePrepare(2, [request(2)]));
    ahead.receive({ ...certified('commit', 'batch(r2)'), sequence: 2 }).disconnect();
    for (const bench of [decided, executed, left, unknown, ahead]) {
      bench.effects = [];
      expect(back(bench).sent('vote')).toEqual([]);
    }
    expect(executed.replica.status().lastExecuted).toBe(1);
  });

  it('in PBFT votes go to all as ever', () => {
    const bench = back(away(1, 'pbft'));
    for (const replica of [0, 2]) bench.receive(vote('prepare', replica, BATCH));
    for (const replica of [0, 2]) bench.receive(vote('commit', replica, BATCH));
    expect(bench.of('executed')).toMatchObject([{ slot: { fellBack: false } }]);
  });
});
