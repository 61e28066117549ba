import { describe, expect, it } from 'vitest';
import type { Certificate, NewView, SlotCertificate, ViewChange } from './messages/index.js';
import type { Restored, StoreRecord } from './model/durable.js';
import {
  Bench,
  certificate,
  certified,
  decision,
  hex,
  prePrepare,
  replicaState,
  request,
  status,
} from './replica-bench.testkit.js';
import { restore } from './restoring.js';
import type { ReplicaState } from './state/replica-state.js';

const NOTHING: Restored = {
  view: 0,
  newView: null,
  viewChange: null,
  stable: null,
  snapshot: null,
  decisions: [],
  proposed: [],
  accepted: [],
  votes: [],
  certificates: [],
};

type RecordOf<K extends StoreRecord['kind']> = Extract<StoreRecord, { kind: K }>;

/** What a store gives back of what `bench` stored. */
function restoredFrom(bench: Bench): Restored {
  const of = <K extends StoreRecord['kind']>(kind: K): RecordOf<K>[] =>
    bench.stored().filter((record): record is RecordOf<K> => record.kind === kind);
  const left = of('view-left').at(-1);
  const entered = of('view-entered').at(-1);
  const began = entered !== undefined && entered.view === left?.view;
  return {
    ...NOTHING,
    view: left?.view ?? 0,
    newView: began ? entered.newView : null,
    viewChange: began ? null : (left?.viewChange ?? null),
    movedBy: left?.movedBy ?? [],
    decisions: of('executed'),
    proposed: of('proposed').map((record) => record.prePrepare),
    accepted: of('accepted').map((record) => record.prePrepare),
    votes: of('voted').map((record) => ({ ...record, phase: record.phase as 'prepare' })),
    certificates: of('certified').map((record) => record.certificate as SlotCertificate),
  };
}

function restart(bench: Bench, self: number): Bench {
  return new Bench(self, 'ccro', 'done', { restored: restoredFrom(bench) }).start();
}

describe('starting again (docs/PROTOCOL.md, restart)', () => {
  it('sends the stored vote again, and none for another batch', () => {
    const before = new Bench(1).receive(prePrepare(1, [request(1)]));
    const after = restart(before, 1);
    expect(after.sent('vote')[0]?.message).toMatchObject({ phase: 'prepare', digest: 'batch(r1)' });
    after.receive(prePrepare(1, [request(2)]));
    expect(after.rejects()).toContain('conflicting-proposal');
    expect(after.sent('vote')).toHaveLength(1);
  });

  it('goes on where it stopped: a certificate is enough to commit', () => {
    const before = new Bench(1).receive(prePrepare(1, [request(1)]));
    const after = restart(before, 1).receive(certified('commit', 'batch(r1)'));
    expect(after.replica.status().lastExecuted).toBe(1);
    expect(after.executed).toEqual(['op']);
  });

  it('executes again what had executed, with the same result, and answers from memory', () => {
    const before = new Bench(1).receive(prePrepare(1, [request(1)]));
    before.receive(certified('commit', 'batch(r1)'));
    const after = restart(before, 1);
    expect(after.replica.status()).toMatchObject({ lastExecuted: 1 });
    expect(after.replica.status().ledgerHead).toBe(before.replica.status().ledgerHead);
    expect(after.replica.stateDigest()).toBe(before.replica.stateDigest());
    expect(after.stored().filter(({ kind }) => kind === 'executed')).toEqual([]);
    after.receive(request(1));
    expect(after.sent('reply')).toHaveLength(1);
    expect(after.executed).toEqual(['op']);
  });

  it('refuses to start with a gap in what it executed', () => {
    const before = new Bench(1);
    for (const sequence of [1, 2, 3]) before.receive(decision(sequence));
    const restored = restoredFrom(before);
    const [first, , third] = restored.decisions;
    const decisions = [first, third].filter((each) => each !== undefined);
    expect(() => new Bench(1, 'ccro', 'done', { restored: { ...restored, decisions } })).toThrow(
      /slot 3 after 1/,
    );
  });

  it('passes on, as new primary, a decision of which it stored nothing but that', () => {
    const after = restart(new Bench(1).receive(decision(1)), 1);
    after.enterView({ sequence: 1, digest: 'batch(r1)' });
    expect(after.sent('decision')).toEqual([
      { kind: 'send', to: { kind: 'all' }, message: decision(1) },
    ]);
  });

  it('refuses to start when executing again gives something else', () => {
    const before = new Bench(1).receive(prePrepare(1, [request(1)]));
    before.receive(certified('commit', 'batch(r1)'));
    const restored = restoredFrom(before);
    const damaged = restored.decisions.map((each) => ({ ...each, ledgerHead: 'other' }));
    expect(
      () => new Bench(1, 'ccro', 'done', { restored: { ...restored, decisions: damaged } }),
    ).toThrow(/again gave another result/);
  });

  it('as primary proposes what it had stored and perhaps not sent, under the same number', () => {
    const { signature: _unsent, ...proposed } = prePrepare(1, [request(1)]);
    const after = new Bench(0, 'ccro', 'done', { restored: { ...NOTHING, proposed: [proposed] } });
    after.start();
    expect(after.sent('pre-prepare')).toEqual([
      { kind: 'send', to: { kind: 'all' }, message: proposed },
    ]);
  });

  it('M3: as primary gives no number away that it had proposed under, sent or not', () => {
    const { signature: _unsent, ...proposed } = prePrepare(1, [request(1)]);
    const restored = { ...NOTHING, proposed: [proposed] };
    // Its own pre-prepare has not come back to it when others ask for more.
    const after = new Bench(0, 'ccro', 'done', { restored, loopsBack: false }).start();
    for (const replica of [1, 2]) after.receive(status(replica));
    after.receive(request(2), 'direct');
    expect(after.sent('pre-prepare').map(({ message }) => message)).toMatchObject([
      { sequence: 1, requests: ['r1'] },
      { sequence: 2, requests: ['r2'] },
    ]);
    expect(after.stored()).toMatchObject([{ kind: 'proposed', prePrepare: { sequence: 2 } }]);
  });

  it('H1, sibling: expects the collector that the newest pre-prepare named', () => {
    const before = new Bench(1).receive({ ...prePrepare(1, [request(1)]), collector: 3 });
    expect(restart(before, 1).replica.status().collector).toBe(3);
  });

  it('asks for the view it waited for in the same words', () => {
    const before = new Bench(2).receive(prePrepare(1, [request(1)]));
    before.receive(request(2));
    before.waitInVain();
    const asked = before.sent('view-change')[0]?.message;
    expect(asked).toBeDefined();
    const after = restart(before, 2);
    expect(after.replica.status()).toMatchObject({ view: 1, active: false });
    expect(after.sent('view-change')[0]?.message).toEqual(asked);
    expect(after.sent('vote')).toEqual([]);
  });

  it('A7, sibling: still knows what made it leave, for those that have not heard of it', () => {
    const before = new Bench(2).receive(request(1));
    before.waitInVain();
    const after = restart(before, 2);
    expect(after.replica.status()).toMatchObject({ view: 1, active: false });
    after.fire({ kind: 'view-change', view: 1, attempt: 0 });
    expect(after.sent('suspicion').map(({ message }) => message)).toContainEqual({
      ...{ kind: 'suspicion', view: 0, replica: 3, signature: 's' },
    });
  });

  it('A7, sibling: as primary of a view that had not begun makes no new-view for it, and enters with its own', () => {
    const before = new Bench(1).receive(prePrepare(1, [request(1)]));
    before.receive(request(2));
    before.waitInVain();
    const asks = [0, 2, 3].map((replica) => ({
      ...{ kind: 'view-change', view: 1, replica, digest: `vc${replica}`, signature: 's' },
      ...{ stable: { sequence: 0, digest: '', certificate: null }, slots: [] },
    }));
    const after = restart(before, 1);
    for (const each of asks) {
      before.receive(each);
      after.receive(each);
    }
    const own = { ...(before.sent('new-view')[0]?.message as NewView), signature: 's' };
    expect(own).toMatchObject({ view: 1, replica: 1 });
    expect(after.sent('new-view')).toEqual([]);
    expect(after.replica.status()).toMatchObject({ view: 1, active: false });
    // Others began the view with it, and help this replica into it.
    expect(after.replica.screen(own)).toBe('wanted');
    after.receive(own);
    expect(after.replica.status()).toMatchObject({ view: 1, active: true });
    expect(after.replica.screen(own)).toBe('own-echo');
  });

  it('restores the state at the stable checkpoint', () => {
    const chunk = { name: 'state/log', text: 'a,b', digest: hex('state/log=a,b') };
    const ledgerHead = hex('head');
    const digest = hex(
      JSON.stringify({
        sequence: 128,
        ledgerHead,
        chunks: [{ name: chunk.name, digest: chunk.digest }],
      }),
    );
    const stable: Certificate<'checkpoint'> = {
      kind: 'certificate',
      phase: 'checkpoint',
      view: 0,
      sequence: 128,
      digest,
      proof: { scheme: 'words', signers: [0, 2, 3], signatures: ['s', 's', 's'] },
    };
    const snapshot = { sequence: 128, ledgerHead, chunks: [chunk] };
    const bench = new Bench(1, 'ccro', 'done', { restored: { ...NOTHING, stable, snapshot } });
    expect(bench.replica.status()).toMatchObject({
      lastExecuted: 128,
      stableCheckpoint: 128,
      lowWatermark: 128,
      ledgerHead,
    });
    const other = { ...snapshot, ledgerHead: hex('other') };
    expect(
      () => new Bench(1, 'ccro', 'done', { restored: { ...NOTHING, stable, snapshot: other } }),
    ).toThrow('agreement');
  });
});

/** Node 1 as primary of view 1, which must propose `digest` at slot 1. */
function newPrimary(digest: string): Bench {
  const bench = new Bench(1);
  const stable = { sequence: 0, digest: '', certificate: null };
  const slots = [
    { sequence: 1, vote: { view: 0, digest }, certificate: certified('prepare', digest) },
  ];
  for (const replica of [0, 2, 3]) {
    const base = { kind: 'view-change', view: 1, stable, slots, replica };
    bench.receive({ ...base, digest: `vc${replica}`, signature: 's' } as ViewChange);
  }
  const [begins] = bench.sent('new-view');
  bench.receive({ ...(begins?.message as NewView), signature: 's' }, 'self');
  expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
  return bench;
}

describe('starting again with something still to be fetched', () => {
  it('A11: a new primary fetches what it has to propose again, and proposes it', () => {
    const before = newPrimary('batch(r1)');
    expect(before.sent('fetch')).toHaveLength(1);
    const after = restart(before, 1);
    expect(after.sent('fetch')[0]?.message).toMatchObject({ sequence: 1, digest: 'batch(r1)' });
    after.receive(prePrepare(1, [request(1)]), 'direct');
    expect(after.sent('pre-prepare')[0]?.message).toMatchObject({ view: 1, digest: 'batch(r1)' });
  });

  it('A11, sibling: a null batch that had not left is proposed again, once', () => {
    const before = newPrimary('batch()');
    const unsent = { ...restoredFrom(before), proposed: [], accepted: [], votes: [] };
    const after = new Bench(1, 'ccro', 'done', { restored: unsent }).start();
    expect(after.sent('pre-prepare')).toHaveLength(1);
    expect(restart(before, 1).sent('pre-prepare').length).toBe(1);
  });

  it('A11, sibling: a decided batch that had not come is fetched', () => {
    const before = new Bench(1).receive(certified('commit', 'batch(r1)'));
    expect(before.sent('fetch')).toHaveLength(1);
    const after = restart(before, 1);
    expect(after.sent('fetch')[0]?.message).toMatchObject({ sequence: 1, digest: 'batch(r1)' });
    const certificate = certified('commit', 'batch(r1)');
    const base = { kind: 'decision', sequence: 1, view: 0, digest: 'batch(r1)', certificate };
    after.receive({ ...base, requests: [request(1)] }, 'direct');
    expect(after.replica.status().lastExecuted).toBe(1);
  });

  it('A11, sibling: also by one that waits for a view to begin', () => {
    const before = new Bench(2).receive(certified('commit', 'batch(r1)')).receive(request(2));
    before.waitInVain();
    const after = restart(before, 2);
    expect(after.replica.status()).toMatchObject({ view: 1, active: false });
    expect(after.sent('fetch')[0]?.message).toMatchObject({ sequence: 1, digest: 'batch(r1)' });
  });
});

/** What a replica knows that stored this. */
function knowing(stored: Partial<Restored>, self = 1): ReplicaState {
  const state = replicaState(self);
  restore(state, { ...NOTHING, ...stored });
  return state;
}

/** What view 1 began with. */
function begun(...carried: readonly number[]): Restored['newView'] {
  const reproposals = carried.map((sequence) => ({ sequence, digest: `batch(r${sequence})` }));
  const base = { kind: 'new-view', view: 1, viewChanges: [], replica: 1, signature: 's' } as const;
  return { newView: { ...base, reproposals } as never, viewChanges: [] };
}

function stableAt(sequence: number): Certificate<'checkpoint'> {
  return { ...certified('checkpoint', 'state'), sequence } as Certificate<'checkpoint'>;
}

describe('what a replica knows when it starts again', () => {
  it('the view it was in, and whether that has begun', () => {
    expect(knowing({})).toMatchObject({ view: 0, active: true, failedViews: 0, nextCollector: 2 });
    const waiting = knowing({ view: 3 });
    expect(waiting).toMatchObject({ view: 3, active: false, failedViews: 1, nextCollector: 1 });
    expect(waiting.viewChanges.current).toBeUndefined();
    const entered = knowing({ view: 1, newView: begun(1, 2) });
    expect(entered).toMatchObject({ view: 1, active: true, failedViews: 0, nextCollector: 3 });
    expect(entered.viewChanges.current?.newView.view).toBe(1);
    expect([...entered.carriedOver]).toEqual([
      [1, 'batch(r1)'],
      [2, 'batch(r2)'],
    ]);
  });

  const proposedIn = (view: number, sequence: number) => ({ ...prePrepare(sequence, []), view });
  it.each<[string, Partial<Restored>, number]>([
    ['the first when it stored nothing', {}, 1],
    ['above what it proposed', { proposed: [proposedIn(0, 5), proposedIn(0, 4)] }, 6],
    [
      'whatever it proposed in earlier views',
      { view: 1, newView: begun(), proposed: [proposedIn(0, 5)] },
      1,
    ],
    ['above what the view carried over', { view: 1, newView: begun(1, 2, 3) }, 4],
    ['above the stable checkpoint', { stable: stableAt(128) }, 129],
    ['above what executed', { snapshot: { sequence: 128, ledgerHead: 'head', chunks: [] } }, 129],
  ])('which number is free: %s', (_, stored, expected) => {
    expect(knowing(stored).nextSequence).toBe(expected);
  });

  it('the stable checkpoint, and that others have come so far', () => {
    const state = knowing({ stable: stableAt(128) });
    expect(state.checkpoints.stable).toMatchObject({ sequence: 128, digest: 'state' });
    expect(state.window.lowWatermark).toBe(128);
    expect(state.recovery.highestCertified).toBe(128);
  });

  it('its votes, proposals and certificates of slots in the window, and of no others', () => {
    const vote = { phase: 'prepare', view: 0, digest: 'd' } as const;
    const prepared = { ...certified('prepare', 'd'), sequence: 129 } as SlotCertificate;
    const state = knowing({
      stable: stableAt(128),
      votes: [128, 129].map((sequence) => ({ ...vote, sequence })),
      proposed: [128, 129].map((sequence) => proposedIn(0, sequence)),
      accepted: [128, 129].map((sequence) => prePrepare(sequence, [])),
      certificates: [{ ...prepared, sequence: 128 }, prepared],
    });
    expect([...state.window.values()].map(({ sequence }) => sequence)).toEqual([129]);
    const slot = state.window.get(129);
    expect(slot?.ownVote('prepare')).toEqual({ view: 0, digest: 'd', castAtMs: undefined });
    expect(slot?.isProposedIn(0)).toBe(true);
    expect(slot?.certificate('prepare')).toBe(prepared);
  });

  it('A9, sibling: that a slot is decided whose certificate came with its decision alone', () => {
    const full = certificate(
      'prepare',
      [0, 1, 2, 3].map((replica) => ({ replica, digest: 'batch(r1)' })),
    ) as SlotCertificate;
    const before = new Bench(1).receive(prePrepare(1, [request(1)])).receive(full);
    const decisions = restoredFrom(before).decisions;
    const after = new Bench(1, 'ccro', 'done', { restored: { ...NOTHING, decisions } });
    expect(after.replica.tally(1)).toEqual({ correct: 3, corrupt: 0 });
    expect(() => after.receive(certified('commit', 'other'))).toThrow(/agreement/);
    // Below the stable checkpoint it executed, and there is no slot for it.
    const state = knowing({ decisions, stable: stableAt(128) });
    expect([state.lastExecuted, state.window.count]).toEqual([1, 0]);
  });

  it('what it accepted in this view as proposal, and in earlier ones as batch', () => {
    const [one, two] = [prePrepare(1, [request(1)]), prePrepare(1, [request(2)])];
    const now = { ...two, view: 1, replica: 1, collector: 3 };
    for (const accepted of [
      [one, now],
      [now, one],
    ]) {
      const slot = knowing({ view: 1, newView: begun(), accepted }, 2).window.get(1);
      expect(slot?.inView.proposal).toEqual({ prePrepare: now, batch: [request(2)] });
      expect(slot?.batchOf(one.digest)).toEqual([request(1)]);
    }
    const between = knowing({ view: 1, accepted: [one, now] }, 2).window.get(1);
    expect(between?.inView.proposal).toBeUndefined();
    expect(between?.batchOf(now.digest)).toEqual([request(2)]);
  });

  it('H1, sibling: the collector that the newest accepted pre-prepare names, in any order', () => {
    const named = (sequence: number, collector: number) => ({
      ...prePrepare(sequence, [request(sequence)]),
      collector,
    });
    for (const accepted of [
      [named(1, 2), named(2, 3)],
      [named(2, 3), named(1, 2)],
    ]) {
      expect(knowing({ accepted })).toMatchObject({ nextCollector: 3, collectorNamedAt: 2 });
    }
  });

  it('nothing of a batch that was not stored whole: it does not start', () => {
    const accepted = [prePrepare(1, [request(1), request(2)], false)];
    expect(() => knowing({ accepted })).toThrow(/durability.*accepted at 1/);
  });
});

describe('taking up what was under way', () => {
  const started = (stored: Partial<Restored>, self = 1) =>
    new Bench(self, 'ccro', 'done', { restored: { ...NOTHING, ...stored } }).start();

  it('is not done before the start', () => {
    const accepted = [prePrepare(1, [request(1)])];
    const votes = [{ phase: 'prepare', view: 0, sequence: 1, digest: 'batch(r1)' } as const];
    const restored = { ...NOTHING, accepted, votes };
    const bench = new Bench(1, 'ccro', 'done', { restored }).receive(status(2));
    expect(bench.sent('vote')).toEqual([]);
    expect(bench.start().sent('vote')).toHaveLength(1);
  });

  it('is not done for slots that have executed', () => {
    const before = new Bench(1).receive(prePrepare(1, [request(1)]));
    const after = restart(before.receive(certified('commit', 'batch(r1)')), 1);
    expect(after.sent('vote')).toEqual([]);
    expect(after.of('set-timer').map(({ timer }) => timer.kind)).toEqual(['status']);
  });

  it('sends again the votes whose certificate has not come, and waits for it', () => {
    const before = new Bench(1).receive(prePrepare(1, [request(1)]));
    const after = restart(before.receive(certified('prepare', 'batch(r1)')), 1);
    expect(after.sent('vote').map(({ message }) => message)).toMatchObject([{ phase: 'commit' }]);
    const timers = after.of('set-timer').map(({ timer }) => timer);
    expect(timers.filter(({ kind }) => kind === 'certificate')).toEqual([
      { kind: 'certificate', view: 0, sequence: 1, phase: 'commit' },
    ]);
    // A backup shows nobody what its primary proposed.
    expect(after.sent('pre-prepare')).toEqual([]);
  });

  it('sends no votes of earlier views', () => {
    const votes = (['prepare', 'commit'] as const).map((phase) => ({
      ...{ phase, view: 0, sequence: 1, digest: 'batch(r1)' },
    }));
    const after = started({ view: 1, newView: begun(), votes }, 2);
    expect(after.sent('vote')).toEqual([]);
    expect(after.of('set-timer').map(({ timer }) => timer.kind)).toEqual(['status']);
  });

  it('shows, as primary, what it had accepted of itself', () => {
    const own = prePrepare(1, [request(1)]);
    const after = started({ accepted: [own], proposed: [own] }, 0);
    expect(after.sent('pre-prepare').map(({ message }) => message)).toEqual([own]);
  });

  it('does not propose again in a view what it proposed in an earlier one, or what executed', () => {
    const own = { ...prePrepare(1, [request(1)]), view: 0 };
    const later = { ...own, view: 1, replica: 1, sequence: 128 };
    const snapshot = { sequence: 128, ledgerHead: hex('head'), chunks: [] };
    const stored = { view: 1, newView: begun(), snapshot, proposed: [own, later] };
    expect(started(stored).sent('pre-prepare')).toEqual([]);
    const next = { ...later, sequence: 129 };
    expect(started({ ...stored, proposed: [next] }).sent('pre-prepare')).toMatchObject([
      { message: { sequence: 129, view: 1 } },
    ]);
    // A backup that once was primary proposes nothing.
    expect(started({ proposed: [next] }).sent('pre-prepare')).toEqual([]);
    expect(started({ proposed: [own] }).sent('pre-prepare')).toEqual([]);
  });

  it('proposes of what its view carried over only what has neither executed nor been proposed', () => {
    const newView = {
      ...begun(),
      newView: {
        ...begun()?.newView,
        reproposals: [128, 129, 130].map((sequence) => ({ sequence, digest: 'batch()' })),
      },
    } as Restored['newView'];
    const snapshot = { sequence: 128, ledgerHead: hex('head'), chunks: [] };
    const null129 = { ...prePrepare(129, []), view: 1, replica: 1 };
    const stored = { view: 1, newView, snapshot };
    const sequences = (bench: Bench) =>
      bench.sent('pre-prepare').map(({ message }) => (message as { sequence: number }).sequence);
    expect(sequences(started(stored))).toEqual([129, 130]);
    expect(sequences(started({ ...stored, proposed: [null129] }))).toEqual([129, 130]);
    // What it stored of its own it need not fetch to propose it.
    const carried = begun(1);
    const own = { ...prePrepare(1, [request(1)]), view: 1, replica: 1 };
    const sent = started({ view: 1, newView: carried, proposed: [own] });
    expect([sequences(sent), sent.sent('fetch')]).toEqual([[1], []]);
    const stale = { ...null129, view: 0, replica: 0 };
    expect(sequences(started({ ...stored, proposed: [stale] }))).toEqual([129, 130]);
    expect(sequences(started(stored, 2))).toEqual([]);
  });

  it('fetches no decided batch that is here: what comes before it is missing', () => {
    const two = prePrepare(2, [request(2)]);
    const decided = { ...certified('commit', two.digest), sequence: 2 } as SlotCertificate;
    const after = started({ accepted: [two], certificates: [decided] });
    expect(after.sent('fetch')).toEqual([]);
    expect(started({ certificates: [decided] }).sent('fetch')).toHaveLength(1);
  });

  it('executes what was decided before it stopped', () => {
    const one = prePrepare(1, [request(1)]);
    const decided = certified('commit', one.digest) as SlotCertificate;
    const after = started({ accepted: [one], certificates: [decided] });
    expect(after.replica.status().lastExecuted).toBe(1);
    expect(after.sent('reply')).toHaveLength(1);
  });

  it('A7, sibling: counts the view-changes that made it leave', () => {
    const stable = { sequence: 0, digest: '', certificate: null };
    const base = { kind: 'view-change', view: 1, stable, slots: [] } as const;
    const others = [0, 3].map((replica) => ({
      ...base,
      ...{ replica, digest: `vc${replica}`, signature: 's' },
    }));
    const stored = { view: 1, viewChange: { ...base, replica: 2 }, movedBy: others };
    const after = started(stored, 2);
    expect(after.replica.waiting()).toMatchObject({ kind: 'view', view: 1, asking: 2 });
    expect(started({ ...stored, movedBy: [] }, 2).replica.waiting()).toMatchObject({ asking: 0 });
    expect(started({ view: 1 }, 2).sent('view-change')).toEqual([]);
  });
});
