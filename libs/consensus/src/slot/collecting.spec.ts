import { describe, expect, it } from 'vitest';
import type { PrePrepare, SlotCertificate } from '../messages/index.js';
import type { Restored } from '../model/durable.js';
import {
  Bench,
  certificate,
  certified,
  prePrepare,
  request,
  vote,
} from '../replica-bench.testkit.js';

const named = (sequence: number, collector: number, overrides: Partial<PrePrepare> = {}) => ({
  ...prePrepare(sequence, [request(sequence)]),
  collector,
  ...overrides,
});

const reminder = (replica: number, collector?: number) =>
  vote('prepare', replica, 'batch(r1)', {
    attempt: 1,
    ...(collector !== undefined && { collector }),
  });

const CERTIFICATE = { kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' } as const;

const collectorOf = (bench: Bench) => bench.replica.status().collector;

describe('the collector that a replica says there is', () => {
  it('H1: is the one that the newest pre-prepare names', () => {
    const bench = new Bench(1);
    expect(collectorOf(bench)).toBe(2);
    bench.receive(named(2, 3));
    expect(collectorOf(bench)).toBe(3);
    bench.receive(named(1, 2));
    expect(collectorOf(bench)).toBe(3);
  });

  it('H1: is at a backup the next one as soon as the primary passed one over', () => {
    for (const who of [[0], [2, 3]]) {
      const bench = new Bench(1).receive(named(1, 2));
      for (const replica of who) bench.receive(reminder(replica));
      expect(collectorOf(bench)).toBe(3);
    }
    const bench = new Bench(1).receive(named(1, 2)).fire(CERTIFICATE);
    expect(collectorOf(bench)).toBe(2);
    bench.receive(reminder(3));
    expect(collectorOf(bench)).toBe(3);
  });

  it('H1, sibling: is at a primary the one it moved on to, whatever it named before comes back', () => {
    const bench = new Bench(0).receive(named(1, 2), 'self');
    for (const replica of [1, 3]) bench.receive(reminder(replica));
    expect(collectorOf(bench)).toBe(3);
    bench.receive(named(2, 2), 'self');
    expect(collectorOf(bench)).toBe(3);
  });

  it('is passed over by those alone who remind of a slot that names it, each of them once', () => {
    const bench = new Bench(0);
    const remindOf = (sequence: number, ...who: readonly number[]) => {
      const digest = `batch(r${sequence})`;
      for (const replica of who) {
        bench.receive(vote('prepare', replica, digest, { attempt: 1, sequence }));
      }
    };
    bench.receive(named(1, 2), 'self').receive(named(2, 2), 'self').receive(named(3, 3), 'self');
    bench.receive(named(4, 1), 'self');
    remindOf(1, 1, 3);
    remindOf(3, 1, 3);
    expect(collectorOf(bench)).toBe(1);
    // It names one that was passed over already.
    remindOf(2, 1, 3);
    expect(collectorOf(bench)).toBe(1);
    remindOf(4, 1, 3);
    expect(collectorOf(bench)).toBe(2);
    remindOf(1, 3, 1);
    expect(collectorOf(bench)).toBe(2);
  });

  it('accuses nobody if it is the replica itself', () => {
    const bench = new Bench(2).receive(named(1, 2)).fire(CERTIFICATE);
    expect(bench.of('evidence')).toEqual([]);
  });

  it('H1, sibling: accuses only whom the pre-prepare of the slot names', () => {
    // A certificate came before the proposal: who gathers its commit votes is not known.
    const bench = new Bench(1).receive(certified('prepare', 'batch(r1)'));
    expect(bench.sent('vote')).toHaveLength(1);
    bench.fire({ ...CERTIFICATE, phase: 'commit' });
    expect(bench.sent('vote')).toHaveLength(2);
    expect(bench.of('evidence')).toEqual([]);
  });
});

describe('a primary that names two collectors for one slot', () => {
  it('A8: is convicted by its two signatures, shown to all, and left', () => {
    const bench = new Bench(1).receive(named(1, 2)).receive(named(1, 3), 'direct');
    expect(bench.of('evidence').map(({ evidence }) => evidence)).toMatchObject([
      { kind: 'conflicting-proposals', accused: 0, proposals: [named(1, 2), named(1, 3)] },
    ]);
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    const shown = bench.sent('pre-prepare').map(({ to, message }) => ({ to, message }));
    expect(shown).toEqual(
      [2, 3].map((collector) => ({ to: { kind: 'all' }, message: named(1, collector, EMPTY) })),
    );
    // Its view-change is sent again, and what it is for.
    bench.fire({ kind: 'view-change', view: 1, attempt: 0 });
    expect(bench.sent('pre-prepare')).toHaveLength(4);
  });

  const EMPTY = { bodies: [] };

  it('A8: also when the slot has executed', () => {
    const bench = new Bench(1).receive(named(1, 2)).receive(certified('commit', 'batch(r1)'));
    expect(bench.replica.screen(named(1, 3))).toBe('wanted');
    bench.receive(named(1, 3));
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
  });

  it('A8: is not, for what it says again, nor for what it said in an earlier view', () => {
    const bench = new Bench(1).receive(named(1, 2)).receive(named(1, 2, { bodies: [] }));
    bench.receive(named(1, 3, { view: 1, replica: 1 }));
    expect(bench.of('evidence')).toEqual([]);
    expect(bench.replica.status()).toMatchObject({ view: 0, active: true });
  });

  it('A8: comes to light when a reminder names another collector, once for each sender', () => {
    const bench = new Bench(1).receive(named(1, 2));
    bench.receive(reminder(3, 3)).receive(reminder(3, 3)).receive(reminder(2, 2));
    expect(bench.sent('pre-prepare')).toMatchObject([
      { to: { kind: 'replica', id: 3 }, message: named(1, 2, EMPTY) },
    ]);
  });

  it('A8: reminders say which collector their sender was told, first votes do not', () => {
    const bench = new Bench(1).receive(named(1, 3)).fire(CERTIFICATE);
    const [first, again] = bench.sent('vote').map(({ message }) => message);
    expect(first).not.toHaveProperty('collector');
    expect(again).toMatchObject({ attempt: 1, collector: 3 });
  });

  it('A8, sibling: two batches for one slot convict it alike, and it is left at once', () => {
    const other = { ...prePrepare(2, [request(3)]), sequence: 1 };
    const bench = new Bench(1).receive(named(1, 2)).receive(other);
    expect(bench.of('progress')).toMatchObject([
      { progress: { kind: 'left-view', view: 0, why: 'primary-equivocates' } },
    ]);
  });
});

describe('a certificate of votes that others broadcast', () => {
  /** Others broadcast on the slot, since the collector failed them, before this replica's own time is up. */
  const prepared = (sequence: number, bench: Bench, attempt = 1): Bench => {
    bench.receive(named(sequence, 2)).pass(150);
    for (const replica of [0, 3, 2]) {
      bench.receive(vote('prepare', replica, `batch(r${sequence})`, { attempt, sequence }));
    }
    return bench;
  };
  const commits = (bench: Bench) =>
    bench.sent('vote').filter(({ message }) => 'phase' in message && message.phase === 'commit');

  it('A8, sibling: the commit vote goes to all as well: one wait is lost to a collector, not one a phase', () => {
    const bench = prepared(1, new Bench(1));
    expect(commits(bench)).toMatchObject([{ to: { kind: 'all' }, message: { attempt: 0 } }]);
    expect(bench.of('evidence')).toEqual([]);
  });

  it('has the primary pass over the collector, whoever sent those votes', () => {
    const bench = new Bench(0).receive(named(1, 2), 'self');
    for (const replica of [1, 2, 3]) bench.receive(vote('prepare', replica, 'batch(r1)'), 'direct');
    expect(collectorOf(bench)).toBe(3);
  });

  it('says nothing of how long a collector takes', () => {
    const bench = prepared(1, new Bench(1));
    const waits = bench.of('set-timer').filter(({ timer }) => timer.kind === 'certificate');
    expect(waits.map(({ afterMs }) => afterMs)).toEqual([200, 200]);
  });

  it('the collector is accused once this replica has waited in vain itself', () => {
    const bench = prepared(1, new Bench(1)).fire({ ...CERTIFICATE, phase: 'commit' });
    expect(bench.of('evidence')).toMatchObject([
      { evidence: { kind: 'collector-failed', accused: 2, phase: 'commit' } },
    ]);
  });

  it.each([
    [1, 'f + 1 reminded of', 1],
    [0, 'somebody passed on the votes of', 0],
  ])(
    '%i: slots that %s, forty in a row, speak against the primary %i times',
    (attempt, _, times) => {
      const bench = new Bench(1);
      for (let sequence = 1; sequence <= 40; sequence += 1) {
        prepared(sequence, bench, attempt);
        bench.receive({ ...certified('commit', `batch(r${sequence})`), sequence });
      }
      expect(bench.replica.status()).toMatchObject({ view: 0, lastExecuted: 40 });
      expect(bench.sent('suspicion')).toHaveLength(times);
    },
  );

  it('do not speak for the primary either: those in which this replica waited in vain add up', () => {
    const bench = new Bench(1);
    for (let sequence = 1; sequence <= 80; sequence += 1) {
      const digest = `batch(r${sequence})`;
      if (sequence % 2 === 0) prepared(sequence, bench, 0);
      else bench.receive(named(sequence, 2)).fire({ ...CERTIFICATE, sequence });
      bench.receive({ ...certified('commit', digest), sequence });
    }
    expect(bench.sent('suspicion')).toHaveLength(1);
  });
});

describe('a replica that lacks a certificate', () => {
  const SEVEN = { tuning: { n: 7 } };
  const phasesSent = (bench: Bench) =>
    bench.sent('vote').map(({ to, message }) => [to, 'phase' in message && message.phase]);

  it('A8, sibling: moves no collector with votes that a certificate sent to all has made known', () => {
    for (const self of [0, 1]) {
      const bench = new Bench(self).receive(named(1, 2), self === 0 ? 'self' : 'broadcast');
      bench.receive(certified('prepare', 'batch(r1)'));
      for (const replica of [1, 3, 0]) bench.receive(reminder(replica));
      expect(collectorOf(bench)).toBe(2);
    }
  });

  it('A8, sibling: nor with those of a certificate that the collector itself has sent', () => {
    const bench = new Bench(2).receive(named(1, 2));
    for (const replica of [0, 1, 2, 3]) bench.receive(vote('prepare', replica, 'batch(r1)'));
    expect(bench.sent('certificate')).toHaveLength(1);
    for (const replica of [0, 1, 3]) bench.receive(reminder(replica));
    expect(collectorOf(bench)).toBe(2);
  });

  it('A8, sibling: is believed alone where the primary got it, but not all did', () => {
    const bench = new Bench(0).receive(named(1, 2), 'self');
    bench.receive(certified('prepare', 'batch(r1)'), 'direct').receive(reminder(3));
    expect(collectorOf(bench)).toBe(3);
  });

  it('A8, sibling: is one of f + 1, and the others send all their votes before their own time is up', () => {
    const bench = new Bench(1, 'ccro', 'done', SEVEN).receive(named(1, 3));
    for (const replica of [0, 4]) bench.receive(reminder(replica));
    const toCollector = { kind: 'replica', id: 3 };
    expect(phasesSent(bench)).toEqual([[toCollector, 'prepare']]);
    bench.receive(reminder(5)).receive(reminder(6));
    expect(phasesSent(bench).slice(1)[0]).toEqual([{ kind: 'all' }, 'prepare']);
    expect(bench.of('evidence')).toEqual([]);
  });

  it('A8, sibling: changes nothing for who has waited in vain as well', () => {
    const bench = new Bench(1, 'ccro', 'done', SEVEN).receive(named(1, 3)).fire(CERTIFICATE);
    const before = bench.sent('vote').length;
    for (const replica of [0, 4]) bench.receive(reminder(replica));
    expect(bench.sent('vote')).toHaveLength(before);
  });

  it('A8, sibling: gets it from each replica that has it, and its vote of the next phase', () => {
    const bench = new Bench(1, 'ccro', 'done', SEVEN).receive(named(1, 3));
    bench.receive(certified('prepare', 'batch(r1)'), 'direct');
    const reminding = [0, 4, 5];
    for (const replica of reminding) bench.receive(reminder(replica));
    expect(phasesSent(bench).at(-1)).toEqual([{ kind: 'all' }, 'commit']);
    const told = bench.sent('certificate').map(({ to }) => to.kind === 'replica' && to.id);
    expect(told).toEqual(expect.arrayContaining(reminding));
  });

  it('A8, sibling: is sent the decision by each replica that has it', () => {
    const bench = new Bench(1, 'ccro', 'done', SEVEN).receive(named(1, 3));
    const signers = [0, 2, 3, 4, 5].map((replica) => ({ replica, digest: 'batch(r1)' }));
    bench.receive(certificate('commit', signers), 'direct');
    const before = bench.sent('vote').length;
    for (const replica of [0, 4, 5]) bench.receive(reminder(replica));
    expect(bench.sent('vote')).toHaveLength(before);
    const told = bench.sent('certificate').map(({ to, message }) => [to, message]);
    for (const id of [0, 4, 5]) {
      expect(told).toContainEqual([{ kind: 'replica', id }, certificate('commit', signers)]);
    }
  });

  it('A8, sibling: has nobody send again, where nobody collects, what all were sent', () => {
    const bench = new Bench(1, 'pbft', 'done', SEVEN).receive(named(1, 3));
    const before = bench.sent('vote').length;
    for (const replica of [0, 4, 5]) bench.receive(reminder(replica));
    expect(bench.sent('vote')).toHaveLength(before);
  });

  it('A8, sibling: is not believed alone by a primary that does not know what went to all', () => {
    const bench = new Bench(0).receive(certified('prepare', 'batch(r1)'), 'direct');
    bench.receive(named(1, 2), 'self').receive(reminder(3));
    expect(collectorOf(bench)).toBe(2);
  });

  it('A8, sibling: nor by one that had the certificate before it stopped, and has forgotten whence', () => {
    const digest = 'batch(r1)';
    const restored: Restored = {
      ...{ view: 0, newView: null, viewChange: null, stable: null, snapshot: null },
      ...{ decisions: [], proposed: [named(1, 2)], accepted: [named(1, 2)] },
      votes: [{ phase: 'prepare', view: 0, sequence: 1, digest }],
      certificates: [certified('prepare', digest) as SlotCertificate],
    };
    const bench = new Bench(0, 'ccro', 'done', { restored }).start().receive(reminder(3));
    expect(collectorOf(bench)).toBe(2);
    expect(collectorOf(bench.receive(reminder(1)))).toBe(3);
  });
});

describe('a commit vote that was cast before its collector was known', () => {
  it('A8, sibling: goes to the one that the pre-prepare names as well', () => {
    const bench = new Bench(1).receive(certified('prepare', 'batch(r1)')).receive(named(1, 3));
    expect(bench.sent('vote')).toMatchObject([
      { to: { kind: 'replica', id: 2 }, message: { phase: 'commit' } },
      { to: { kind: 'replica', id: 3 }, message: { phase: 'commit' } },
    ]);
    const right = new Bench(1).receive(certified('prepare', 'batch(r1)')).receive(named(1, 2));
    expect(right.sent('vote')).toHaveLength(1);
  });
});
