import { describe, expect, it } from 'vitest';
import type { Restored, StoreRecord } from './durable.js';
import type { Certificate, NewView, SlotCertificate, ViewChange } from './messages.js';
import { Bench, certified, hex, prePrepare, request, status } from './replica-bench.contract.js';

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

  it('refuses to start when executing again gives something else', () => {
    const before = new Bench(1).receive(prePrepare(1, [request(1)]));
    before.receive(certified('commit', 'batch(r1)'));
    const restored = restoredFrom(before);
    const damaged = restored.decisions.map((each) => ({ ...each, ledgerHead: 'other' }));
    expect(
      () => new Bench(1, 'ccro', 'done', { restored: { ...restored, decisions: damaged } }),
    ).toThrow('durability');
  });

  it('as primary proposes what it had stored and perhaps not sent, under the same number', () => {
    const { signature: _unsent, ...proposed } = prePrepare(1, [request(1)]);
    const after = new Bench(0, 'ccro', 'done', { restored: { ...NOTHING, proposed: [proposed] } });
    after.start();
    expect(after.sent('pre-prepare')[0]?.message).toEqual(proposed);
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
