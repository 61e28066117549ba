import { describe, expect, it } from 'vitest';
import type { ReplicaId, View } from '../messages/ids.js';
import type {
  Certificate,
  Fetch,
  NewView,
  PrePrepare,
  Reproposal,
  SlotReport,
  StableCheckpoint,
  Verified,
  ViewChange,
} from '../messages/index.js';
import { clusterSize } from '../model/config.js';
import {
  Bench,
  certified,
  prePrepare,
  replicaState,
  request,
  status,
} from '../replica-bench.testkit.js';
import { repropose } from '../slot/proposing.js';
import { isBare, withoutProofs } from '../state/proofs.js';
import type { ReplicaState } from '../state/replica-state.js';
import { ViewChanges } from '../state/view-changes.js';
import { beginViewIfPrimary, completeNewView } from './new-view.js';

/** The batch of request 1 alone. */
const BATCH = 'batch(r1)';

const BEGINNING: StableCheckpoint = { sequence: 0, digest: '', certificate: null };

function checkpoint(sequence: number): StableCheckpoint {
  const certificate = { ...certified('prepare', 'state'), phase: 'checkpoint', sequence } as const;
  return { sequence, digest: 'state', certificate: certificate as Certificate<'checkpoint'> };
}

/** A slot in which everybody prepared `BATCH`. */
function prepared(sequence: number): SlotReport {
  const certificate = { ...certified('prepare', BATCH), sequence } as Certificate<'prepare'>;
  return { sequence, vote: { view: 0, digest: BATCH }, certificate };
}

function viewChange(
  replica: ReplicaId,
  stable: StableCheckpoint,
  slots: readonly SlotReport[],
  view: View = 1,
): ViewChange {
  const base = { kind: 'view-change', view, stable, slots } as const;
  const digest = view === 1 ? `vc${replica}` : `vc${replica} of ${view}`;
  return { ...base, replica, digest, signature: 's' };
}

/** That of `view` on the view-changes with which `replicas` asked for `asked`. */
function newView(
  view: View,
  replicas: readonly ReplicaId[],
  asked: View = view,
  reproposals: readonly Reproposal[] = [],
): NewView {
  const referred = replicas.map((replica) => viewChange(replica, BEGINNING, [], asked));
  const viewChanges = referred.map(({ replica, digest }) => ({ replica, digest }));
  const base = { kind: 'new-view', view, viewChanges, reproposals } as const;
  return { ...base, replica: view % 4, signature: 's' };
}

/** Replica 0 in view 1, which began on what 1, 2 and 3 said. */
function inViewOne(): Bench {
  const bench = new Bench(0, 'pbft');
  for (const replica of [1, 2, 3]) bench.receive(viewChange(replica, BEGINNING, []));
  bench.receive(newView(1, [1, 2, 3]));
  expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
  return bench;
}

function fetched(bench: Bench): string[] {
  return bench.sent('fetch').map(({ message }) => (message as Fetch).digest);
}

/** Node 1 becomes primary of view 1, when nodes 0, 2 and 3 left view 0 with what they report. */
function makePrimary(bench: Bench, stable: StableCheckpoint, slots: readonly SlotReport[]): Bench {
  for (const replica of [0, 2, 3]) bench.receive(viewChange(replica, stable, slots));
  const [begins] = bench.sent('new-view');
  bench.receive({ ...(begins?.message as NewView), signature: 's' }, 'self');
  expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
  return bench;
}

function proposals(bench: Bench): [number, string][] {
  return bench
    .sent('pre-prepare')
    .map(({ message }) => message as PrePrepare)
    .map(({ sequence, digest }) => [sequence, digest]);
}

describe('a new primary (docs/PROTOCOL.md, no-equivocation)', () => {
  it('proposes waiting requests above what is carried over, though its checkpoint is older', () => {
    const bench = new Bench(1, 'pbft').receive(request(2)).receive(request(3));
    // It knows how far the others are, so it may propose as soon as it is primary.
    for (const replica of [2, 3]) {
      bench.receive(status(replica));
    }
    makePrimary(bench, checkpoint(4), [prepared(5), prepared(6), prepared(7)]);
    expect(bench.replica.status().stableCheckpoint).toBe(4);
    // It lacks the batch of slots 5 to 7, so these wait; 8 is the first one that is free.
    expect(proposals(bench)).toEqual([[8, 'batch(r2,r3)']]);
  });

  it('does not propose once more, in a new slot, what is carried over', () => {
    const bench = new Bench(1, 'pbft').receive(prePrepare(1, [request(1)])).receive(request(1));
    makePrimary(bench, BEGINNING, [prepared(1)]);
    expect(proposals(bench)).toEqual([[1, BATCH]]);
  });

  it('fills what nobody reported with batches of nothing', () => {
    const bench = makePrimary(new Bench(1, 'pbft'), BEGINNING, [prepared(2)]);
    expect(bench.sent('pre-prepare').map(({ message }) => message)).toMatchObject([
      { view: 1, sequence: 1, digest: 'batch()', requests: [], bodies: [] },
    ]);
  });

  it('proposes once what is carried over, however often it is due', () => {
    const state = replicaState(1);
    Object.assign(state, { view: 1, carriedOver: new Map([[1, 'batch()']]) });
    repropose(state, 1);
    repropose(state, 1);
    const sent = state.takeEffects().filter(({ kind }) => kind === 'send');
    expect(sent).toMatchObject([{ message: { kind: 'pre-prepare', view: 1, sequence: 1 } }]);
  });

  it('proposes nothing where its view carries nothing over, though a batch comes', () => {
    const bench = new Bench(1, 'pbft').receive({ ...certified('commit', BATCH), view: 2 });
    expect(fetched(bench)).toEqual([BATCH]);
    makePrimary(bench, BEGINNING, []).receive(prePrepare(1, [request(1)]));
    expect(bench.replica.status().lastExecuted).toBe(1);
    expect([fetched(bench), proposals(bench)]).toEqual([[BATCH], []]);
  });
});

describe('a new-view that comes late', () => {
  it('does not stop a replica that knows of a decision in a later view', () => {
    const bench = new Bench(0, 'pbft');
    const certificate = { ...certified('commit', 'batch()'), view: 2 };
    const nothing = { kind: 'decision', sequence: 1, view: 2, digest: 'batch()', requests: [] };
    bench.receive({ ...nothing, certificate });
    expect(bench.replica.status().lastExecuted).toBe(1);
    const slots = [{ sequence: 1, vote: { view: 0, digest: BATCH }, certificate: null }];
    const viewChanges = [1, 2, 3].map((replica) => ({ replica, digest: `vc${replica}` }));
    for (const { replica } of viewChanges) {
      bench.receive({ ...viewChange(replica, BEGINNING, replica === 3 ? [] : slots) });
    }
    const reproposals = [{ sequence: 1, digest: BATCH }];
    const base = { kind: 'new-view', view: 1, replica: 1, signature: 's' };
    bench.receive({ ...base, viewChanges, reproposals });
    expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
  });

  it('does not stop one that knows of a decision in its view, by another new-view', () => {
    const bench = new Bench(0, 'pbft').receive({ ...certified('commit', 'batch()'), view: 1 });
    for (const replica of [1, 2, 3]) {
      bench.receive(viewChange(replica, BEGINNING, [prepared(1)]));
    }
    bench.receive(newView(1, [1, 2, 3], 1, [{ sequence: 1, digest: BATCH }]));
    expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
  });

  it('stops a replica, if it contradicts a decision of an earlier view', () => {
    const bench = new Bench(0, 'pbft').receive({ ...certified('commit', 'batch()') });
    for (const replica of [1, 2, 3]) {
      bench.receive(viewChange(replica, BEGINNING, [prepared(1)]));
    }
    const contradicts = newView(1, [1, 2, 3], 1, [{ sequence: 1, digest: BATCH }]);
    expect(() => bench.receive(contradicts)).toThrow(
      'view 1 proposes another digest at 1 than was decided',
    );
  });

  it('is of no interest when its view, or a later one, has begun here or was asked for', () => {
    const bench = inViewOne();
    const others = newView(1, [0, 2, 3]);
    bench.receive(others).receive({ ...others, replica: 2 });
    expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
    for (const replica of [1, 2]) bench.receive(viewChange(replica, BEGINNING, [], 6));
    expect(bench.replica.status()).toMatchObject({ view: 6, active: false });
    bench.receive(newView(5, [1, 2, 3])).receive({ ...newView(5, [1, 2, 3]), replica: 2 });
    expect([fetched(bench), bench.rejects()]).toEqual([[], []]);
  });

  it('is not entered when what it waited for comes after a later view was asked for', () => {
    const bench = new Bench(0, 'pbft').receive(newView(3, [1, 2, 3]));
    for (const replica of [1, 2]) bench.receive(viewChange(replica, BEGINNING, [], 5));
    for (const replica of [1, 2, 3]) bench.receive(viewChange(replica, BEGINNING, [], 3), 'direct');
    bench.receive(viewChange(3, BEGINNING, [], 5));
    expect(bench.replica.status()).toMatchObject({ view: 5, active: false });
  });

  it('is made once for a view, whatever view-changes come meanwhile', () => {
    const bench = new Bench(1, 'pbft');
    for (const replica of [2, 3, 0]) bench.receive(viewChange(replica, BEGINNING, []));
    bench.receive(viewChange(1, BEGINNING, []), 'self');
    expect(bench.sent('new-view')).toHaveLength(1);
  });
});

describe('what a new-view stands on', () => {
  it('M1: view-changes of another view bear out no new-view, however it comes by them', () => {
    // What replicas said before they voted in view 1 hides what they voted for there.
    const bench = new Bench(0, 'pbft');
    for (const replica of [1, 2, 3]) bench.receive(viewChange(replica, BEGINNING, []));
    bench.receive(newView(2, [1, 2, 3], 1));
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    expect(bench.rejects()).toEqual(['wrong-new-view']);
  });

  it('M1, sibling: nor do those of a later view', () => {
    const bench = new Bench(0, 'pbft');
    for (const replica of [1, 2, 3]) bench.receive(viewChange(replica, BEGINNING, [], 3));
    bench.receive(newView(5, [1, 2, 3], 3)).receive(newView(6, [1, 2, 3], 3));
    expect(bench.replica.status()).toMatchObject({ view: 3, active: false });
    expect(bench.rejects()).toEqual(['wrong-new-view', 'wrong-new-view']);
  });

  it('M1, sibling: nor those that are fetched for it and turn out to be of another view', () => {
    const bench = new Bench(0, 'pbft').receive(newView(2, [1, 2, 3], 1));
    for (const replica of [1, 2, 3]) bench.receive(viewChange(replica, BEGINNING, []), 'direct');
    expect(bench.replica.status().active && bench.replica.status().view > 0).toBe(false);
  });

  it('M1, sibling: nor does one of another view among them', () => {
    const bench = new Bench(0, 'pbft').receive(viewChange(1, BEGINNING, []));
    for (const replica of [2, 3]) bench.receive(viewChange(replica, BEGINNING, [], 2));
    const viewChanges = ['vc1', 'vc2 of 2', 'vc3 of 2'].map((digest, index) => ({
      ...{ replica: index + 1, digest },
    }));
    bench.receive({ ...newView(2, []), viewChanges });
    expect(bench.replica.status()).toMatchObject({ view: 2, active: false });
    expect(bench.rejects()).toEqual(['wrong-new-view']);
  });

  it('is only what the primary of the view says', () => {
    const bench = new Bench(0, 'pbft').receive({ ...newView(1, [1, 2, 3]), replica: 2 });
    expect([fetched(bench), bench.rejects()]).toEqual([[], ['wrong-primary']]);
  });

  it.each([
    ['leaves out a slot', [{ sequence: 1, digest: BATCH }]],
    ['has another digest', [1, 2].map((sequence) => ({ sequence, digest: `batch(r${sequence})` }))],
    ['has another slot', [1, 3].map((sequence) => ({ sequence, digest: BATCH }))],
    ['has one slot more', [1, 2, 3].map((sequence) => ({ sequence, digest: BATCH }))],
  ])('is refused when what it carries over %s', (_, reproposals) => {
    const bench = new Bench(0, 'pbft');
    for (const replica of [1, 2, 3]) {
      bench.receive(viewChange(replica, BEGINNING, [prepared(1), prepared(2)]));
    }
    bench.receive(newView(1, [1, 2, 3], 1, reproposals));
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    expect(bench.rejects()).toEqual(['wrong-new-view']);
  });

  it('is a view-change of each replica that it names, not that of another one', () => {
    const bench = new Bench(0, 'pbft');
    for (const replica of [1, 2, 3]) bench.receive(viewChange(replica, BEGINNING, []));
    const { viewChanges } = newView(1, [1, 2, 3]);
    const twice = viewChanges.map((each) =>
      each.replica === 3 ? { ...each, digest: 'vc2' } : each,
    );
    bench.receive({ ...newView(1, []), viewChanges: twice });
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    expect(bench.rejects()).toEqual(['wrong-new-view']);
  });

  it('is a quorum, not fewer and not one of them twice', () => {
    for (const replicas of [
      [1, 2],
      [1, 2, 2],
      [1, 1, 1],
    ]) {
      const bench = new Bench(0, 'pbft');
      for (const replica of [1, 2, 3]) bench.receive(viewChange(replica, BEGINNING, []));
      bench.receive(newView(1, replicas));
      expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    }
  });
});

describe('a new-view that waited for its view-changes', () => {
  /** Replica 0, which holds what 1 to 3 said when they asked for `asked` and waits to enter by it. */
  function waiting(awaited: NewView, asked: View): ReplicaState {
    const state = replicaState(0);
    for (const replica of [1, 2, 3]) {
      state.viewChanges.add(viewChange(replica, BEGINNING, [], asked) as Verified<ViewChange>);
    }
    state.viewChanges.await(awaited as Verified<NewView>);
    return state;
  }

  it.each([
    ['fewer than a quorum', [1, 2]],
    ['more', [1, 2, 3, 3]],
    ['one twice', [1, 2, 2]],
  ])('is refused when it stands on %s', (_, replicas) => {
    const state = waiting(newView(1, replicas), 1);
    completeNewView(state);
    expect(state.view).toBe(0);
    expect(state.takeEffects()).toEqual([{ kind: 'reject', code: 'wrong-new-view', from: 1 }]);
  });

  it.each([
    { asked: 5, view: 1, active: true, enters: true },
    { asked: 5, view: 5, active: false, enters: true },
    { asked: 5, view: 5, active: true, enters: false },
    { asked: 5, view: 6, active: true, enters: false },
    { asked: 5, view: 6, active: false, enters: false },
  ])('is taken only if it leads on: $enters from view $view, active: $active', (each) => {
    const { asked, enters, ...here } = each;
    const state = Object.assign(waiting(newView(asked, [1, 2, 3]), asked), here);
    completeNewView(state);
    expect(state.takeEffects().length > 0).toBe(enters);
    expect(state).toMatchObject(enters ? { view: asked, active: true } : here);
    expect(state.viewChanges.incomplete).toEqual([]);
  });

  it('ends every clock that ran for its view', () => {
    const ended = inViewOne()
      .of('cancel-timer')
      .map(({ timer }) => timer);
    for (const timer of [
      { kind: 'request', view: 1 },
      { kind: 'new-view', view: 1 },
      { kind: 'view-change', view: 1, attempt: 0 },
    ]) {
      expect(ended).toContainEqual(timer);
    }
  });
});

describe('a replica that asks for a view which began without it', () => {
  it('M4: is sent the new-view, and enters with it', () => {
    const bench = inViewOne();
    bench.receive(viewChange(3, BEGINNING, []));
    const [help] = bench.sent('new-view');
    expect(help?.to).toEqual({ kind: 'replica', id: 3 });
    expect(help?.message).toMatchObject(newView(1, [1, 2, 3]));
  });

  it('M4, sibling: also when it asks for an earlier one, again and again, f + 1 in turn', () => {
    const bench = inViewOne();
    for (let asks = 0; asks < 9; asks += 1) bench.receive(viewChange(2, BEGINNING, [], 0));
    expect(bench.sent('new-view')).toHaveLength(6);
    for (const { to } of bench.sent('new-view')) expect(to).toEqual({ kind: 'replica', id: 2 });
  });

  it('M4, sibling: also when it only says in which view it is', () => {
    const bench = inViewOne();
    for (let attempt = 0; attempt < 4; attempt += 1) {
      bench.receive(status(3, { attempt }));
    }
    const helped = bench.sent('new-view').map(({ to }) => to);
    expect(helped.length).toBeGreaterThan(0);
    expect(new Set(helped.map((to) => JSON.stringify(to)))).toEqual(
      new Set([JSON.stringify({ kind: 'replica', id: 3 })]),
    );
  });

  it('M4, sibling: is told nothing while this replica waits for a view itself', () => {
    const bench = inViewOne();
    for (const replica of [1, 2]) bench.receive(viewChange(replica, BEGINNING, [], 2));
    expect(bench.replica.status()).toMatchObject({ view: 2, active: false });
    bench.receive(viewChange(3, BEGINNING, []));
    expect(bench.sent('new-view')).toEqual([]);
  });
});

describe('fetching the view-changes that a new-view refers to', () => {
  const timer = (attempt: number) => ({ kind: 'fetch-view-changes', replica: 3, attempt }) as const;
  const asked = (bench: Bench) =>
    bench.sent('fetch').map(({ to }) => (to.kind === 'replica' ? to.id : to.kind));

  it('A6: nothing is fetched for one that no quorum can bear out', () => {
    for (const replicas of [
      [1, 2],
      [0, 1, 2, 3],
      [1, 2, 2],
      [2, 1, 3],
      [1, 2, 4],
    ]) {
      const bench = new Bench(0, 'pbft').receive(newView(3, replicas));
      expect(fetched(bench)).toEqual([]);
      expect(bench.rejects()).toEqual(['wrong-new-view']);
    }
  });

  it('A6: each is asked for a few times: its sender, who said it, then others in turn', () => {
    const bench = new Bench(0, 'pbft').receive(newView(3, [1, 2, 3]));
    const screened = () => bench.replica.screen(newView(3, [1, 2, 3]));
    for (let attempt = 0; attempt < 6; attempt += 1) {
      expect(screened()).toBe('duplicate');
      expect(bench.of('set-timer').at(-1)).toMatchObject({ timer: timer(attempt) });
      bench.fire(timer(attempt));
    }
    const turns = [
      [3, 3, 3],
      [1, 2, 3],
      [3, 3, 3],
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ];
    expect(asked(bench)).toEqual(turns.flat());
    // It is given up, and may come again.
    expect(screened()).toBe('wanted');
    bench.fire(timer(6));
    expect(asked(bench)).toHaveLength(18);
  });

  it('A6: the next one is asked after twice the time, when certificates take that long', () => {
    const bench = new Bench(0, 'pbft')
      .receive(newView(3, [1, 2, 3]))
      .fire(timer(0))
      .fire(timer(1));
    expect(bench.of('set-timer').map(({ afterMs }) => afterMs)).toEqual([200, 400, 800]);
  });

  it('A6: who said one of them itself, and lost it, asks others for it and takes it back', () => {
    const bench = new Bench(0, 'pbft').receive(newView(3, [0, 1, 2])).fire(timer(0));
    expect(asked(bench)).toEqual([3, 3, 3, 2, 1, 2]);
    expect(fetched(bench).slice(3)).toEqual(['vc0 of 3', 'vc1 of 3', 'vc2 of 3']);
    const said = (replica: ReplicaId) => viewChange(replica, BEGINNING, [], 3);
    expect(bench.replica.screen(said(0))).toBe('wanted');
    for (const replica of [0, 1, 2]) bench.receive(said(replica));
    expect(bench.replica.status()).toMatchObject({ view: 3, active: true });
    expect(bench.replica.screen(said(0))).toBe('own-echo');
  });

  it('A6, sibling: a primary that lost what it began a view with asks others for all of it', () => {
    const bench = new Bench(3, 'pbft').receive(newView(3, [0, 1, 2]));
    expect(asked(bench)).toEqual([0, 0, 0]);
    bench.fire(timer(0)).fire(timer(1));
    expect(asked(bench).slice(3)).toEqual([0, 1, 2, 2, 2, 2]);
  });

  it('A6: is done for each new-view that waits', () => {
    const bench = new Bench(0, 'pbft')
      .receive(newView(3, [1, 2, 3]))
      .receive(newView(6, [1, 2, 3]));
    expect(asked(bench)).toEqual([3, 3, 3, 2, 2, 2]);
    expect(new Set(fetched(bench)).size).toBe(6);
  });

  it('A6: answers no more than the budget of who asks holds, and only what is here', () => {
    const bench = inViewOne();
    const fetch = { kind: 'fetch', replica: 2, sequence: 0, signature: 's' };
    bench.receive({ ...fetch, digest: 'vc9' });
    expect(bench.sent('view-change')).toHaveLength(1);
    for (let times = 0; times < 2100; times += 1) bench.receive({ ...fetch, digest: 'vc3' });
    const given = bench.sent('view-change').slice(1);
    expect(given).toHaveLength(512);
    expect(given[0]).toMatchObject({ to: { kind: 'replica', id: 2 }, message: { digest: 'vc3' } });
    expect(new Set(bench.rejects())).toEqual(new Set(['throttled']));
  });

  it('A6, sibling: one new-view after another of the same primary draws no more than one', () => {
    const bench = new Bench(0, 'pbft').receive(newView(3, [1, 2, 3]));
    for (let view = 7; view < 400; view += 4) bench.receive(newView(view, [1, 2, 3]));
    expect(fetched(bench)).toHaveLength(3);
    bench.fire(timer(0));
    expect(fetched(bench).slice(3)).toEqual(
      newView(399, [1, 2, 3]).viewChanges.map(({ digest }) => digest),
    );
  });

  it('A6, sibling: nor when it supplies what is fetched, and is refused for it', () => {
    const bench = new Bench(0, 'pbft');
    const wrong = (view: View) => ({
      ...newView(view, [1, 2, 3]),
      reproposals: [{ sequence: 1, digest: BATCH }],
    });
    for (const replica of [1, 2]) bench.receive(viewChange(replica, BEGINNING, [], 3));
    for (let round = 0; round < 10; round += 1) {
      bench.receive(wrong(3)).receive({ ...viewChange(3, BEGINNING, [], 3) }, 'direct');
    }
    expect(bench.rejects().filter((code) => code === 'wrong-new-view').length).toBeGreaterThan(0);
    expect(fetched(bench).length).toBeLessThanOrEqual(1);
  });
});

describe('what view-changes report without its proof', () => {
  /** A view-change whose certificate travels without signatures. */
  const claims = (replica: ReplicaId, sequence = 1): ViewChange =>
    withoutProofs(viewChange(replica, BEGINNING, [prepared(sequence)]));
  const whole = (replica: ReplicaId): ViewChange => viewChange(replica, BEGINNING, [prepared(1)]);
  const onClaims: NewView = {
    ...newView(1, [1, 2, 3]),
    reproposals: [{ sequence: 1, digest: BATCH }],
  };

  it('A13: is no ground for a new view; one of them is asked for its proof, which serves all', () => {
    const bench = new Bench(0, 'pbft');
    for (const replica of [1, 2, 3]) bench.receive(claims(replica));
    bench.receive(onClaims);
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    expect(fetched(bench)).toEqual(['vc1']);
    expect(bench.replica.wantsProofs(whole(1))).toBe(true);
    expect(bench.replica.wantsProofs(whole(2))).toBe(false);
    expect(bench.replica.screen(whole(1))).toBe('wanted');
    bench.receive(whole(1), 'direct');
    expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
    expect(bench.replica.screen(whole(1))).toBe('wanted');
    expect(bench.replica.wantsProofs(whole(1))).toBe(false);
  });

  it('A13: a certificate that comes by itself proves it as well', () => {
    const bench = new Bench(0, 'pbft');
    for (const replica of [1, 2, 3]) bench.receive(claims(replica));
    bench.receive(onClaims).receive(certified('prepare', BATCH));
    expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
  });

  it('A13, sibling: one of another view or digest does not', () => {
    for (const change of [{ view: 5 }, { digest: 'batch(r2)' }, { sequence: 2 }]) {
      const bench = new Bench(0, 'pbft');
      for (const replica of [1, 2, 3]) bench.receive(claims(replica));
      bench.receive(onClaims).receive({ ...certified('prepare', BATCH), ...change });
      expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    }
  });

  it('A13: a new primary asks for proofs first, and leaves out whose do not come', () => {
    const bench = new Bench(1, 'pbft');
    bench.receive(claims(0, 2));
    for (const replica of [2, 3]) bench.receive(viewChange(replica, BEGINNING, []));
    expect(bench.sent('new-view')).toEqual([]);
    expect(bench.sent('fetch')).toMatchObject([
      { to: { kind: 'replica', id: 0 }, message: { sequence: 0, digest: 'vc0' } },
    ]);
    bench.receive(viewChange(1, BEGINNING, []), 'self');
    expect(bench.sent('new-view')).toEqual([]);
    bench.fire({ kind: 'fetch-view-changes', replica: 1, attempt: 0 });
    const [begins] = bench.sent('new-view');
    const { viewChanges } = { viewChanges: [], ...(begins?.message as NewView | undefined) };
    expect(viewChanges.map(({ replica }) => replica)).toEqual([1, 2, 3]);
  });

  it('A13: a new primary asks for proofs first, though the others would do', () => {
    const state = replicaState(1);
    Object.assign(state, { view: 1, active: false });
    for (const each of [claims(0, 2), ...[1, 2, 3].map((id) => viewChange(id, BEGINNING, []))]) {
      state.viewChanges.add(each as Verified<ViewChange>);
    }
    const said = () =>
      state.takeEffects().flatMap((each) => (each.kind === 'send' ? [each.message.kind] : []));
    beginViewIfPrimary(state);
    expect(said()).toEqual(['fetch']);
    beginViewIfPrimary(state);
    expect(said()).toEqual([]);
  });

  it('A13: a new primary begins as soon as the proof is there, whatever time is left', () => {
    const bench = new Bench(1, 'pbft').receive(claims(0, 1));
    for (const replica of [2, 3]) bench.receive(viewChange(replica, BEGINNING, []));
    bench.receive(viewChange(0, BEGINNING, [prepared(1)]), 'direct');
    expect(bench.sent('fetch')).toHaveLength(1);
    expect(bench.sent('new-view')).toHaveLength(1);
  });

  it('A13: this replica sends its own without proofs, and with them to who asks', () => {
    const bench = new Bench(3, 'pbft').receive(prePrepare(1, [request(1)]));
    bench.receive(certified('prepare', BATCH));
    for (const replica of [0, 2]) bench.receive(viewChange(replica, BEGINNING, []));
    const [said] = bench.sent('view-change');
    const own = { ...(said?.message as ViewChange), digest: 'own', signature: 's' };
    expect(own.slots.map(({ certificate }) => certificate && isBare(certificate))).toEqual([true]);
    bench.receive(own, 'self');
    bench.receive({ kind: 'fetch', replica: 0, sequence: 0, digest: 'own', signature: 's' });
    const [, given] = bench.sent('view-change');
    expect(given?.to).toEqual({ kind: 'replica', id: 0 });
    expect(given?.message).toMatchObject({ slots: [{ certificate: certified('prepare', BATCH) }] });
  });

  it('A13: a view is stored with each certificate once, and known again after a restart', () => {
    const bench = new Bench(0, 'pbft');
    for (const replica of [1, 2, 3]) bench.receive(whole(replica));
    bench.receive(onClaims);
    const stored = bench.stored().find((record) => record.kind === 'view-entered');
    expect(stored?.newView.certificates).toHaveLength(1);
    const held = stored?.newView.viewChanges.flatMap(({ slots }) => slots) ?? [];
    expect(held.map(({ certificate }) => certificate && isBare(certificate))).toEqual([
      true,
      true,
      true,
    ]);
    const viewChanges = new ViewChanges(clusterSize(4));
    if (stored !== undefined) viewChanges.entered(stored.newView);
    expect(viewChanges.find('vc2')).toEqual(whole(2));
  });
});

describe('what is not worth checking', () => {
  it('A13: asks that are older than what is known of their sender, or repeat it', () => {
    const bench = new Bench(0, 'pbft').receive(viewChange(2, BEGINNING, [], 5));
    for (const view of [1, 4, 5]) {
      expect(bench.replica.screen(viewChange(2, BEGINNING, [], view))).toBe('duplicate');
    }
    const other = { ...viewChange(2, BEGINNING, [], 5), digest: 'another' };
    expect(bench.replica.screen(other)).toBe('duplicate');
    expect(bench.replica.screen(viewChange(2, BEGINNING, [], 6))).toBe('wanted');
    expect(bench.replica.screen(viewChange(3, BEGINNING, [], 1))).toBe('wanted');
  });

  it('A13: asks for views that this replica has left', () => {
    const bench = new Bench(0, 'pbft');
    for (const replica of [1, 2]) bench.receive(viewChange(replica, BEGINNING, [], 5));
    expect(bench.replica.screen(viewChange(3, BEGINNING, [], 4))).toBe('duplicate');
    expect(bench.replica.screen(viewChange(3, BEGINNING, [], 5))).toBe('wanted');
  });

  it('A13: more than two beyond a quorum of proven ones, unless a new-view stands on them', () => {
    const bench = new Bench(0, 'pbft', 'done', { tuning: { n: 10 } });
    const screen = (replica: ReplicaId) =>
      bench.replica.screen(viewChange(replica, BEGINNING, []) as ViewChange);
    for (let replica = 1; replica <= 8; replica += 1) {
      bench.receive(viewChange(replica, BEGINNING, []));
    }
    expect(bench.replica.status()).toMatchObject({ view: 1, active: false });
    expect(screen(9)).toBe('wanted');
    const own = bench.sent('view-change')[0]?.message as ViewChange;
    bench.receive({ ...own, signature: 's' }, 'self');
    expect(screen(9)).toBe('duplicate');
    expect(bench.replica.screen(viewChange(9, BEGINNING, [], 2))).toBe('wanted');
    bench.receive(newView(1, [0, 1, 2, 3, 4, 5, 9]));
    expect(screen(9)).toBe('wanted');
  });

  it('A13, sibling: such as report what nothing proves keep no others from being checked', () => {
    const bench = new Bench(0, 'pbft', 'done', { tuning: { n: 13 } });
    for (let replica = 1; replica <= 11; replica += 1) {
      const slots = replica <= 3 ? [prepared(replica)] : [];
      bench.receive(withoutProofs(viewChange(replica, BEGINNING, slots)));
    }
    expect(bench.replica.screen(viewChange(12, BEGINNING, []))).toBe('wanted');
  });

  it('A13, sibling: reports from beyond the window, and new-views of views that began', () => {
    const beyond = viewChange(3, BEGINNING, [prepared(257)]);
    expect(new Bench(0, 'pbft').replica.screen(beyond)).toBe('outside-watermarks');
    expect(inViewOne().replica.screen(newView(1, [1, 2, 3]))).toBe('duplicate');
    const awaiting = new Bench(0, 'pbft').receive(newView(7, [1, 2, 3]));
    expect(awaiting.replica.screen(newView(3, [1, 2, 3]))).toBe('duplicate');
    expect(awaiting.replica.screen(newView(11, [1, 2, 3]))).toBe('wanted');
  });
});

describe('time-outs of view changes', () => {
  const afterMs = (bench: Bench, kind: string): number[] =>
    bench
      .of('set-timer')
      .filter(({ timer }) => timer.kind === kind)
      .map((each) => each.afterMs);

  it('A13: give a view four times as long as the rest of the quorum took', () => {
    const bench = new Bench(0, 'pbft');
    for (const replica of [2, 3]) bench.receive(viewChange(replica, BEGINNING, [], 1));
    bench.pass(3_000).receive(viewChange(1, BEGINNING, [], 1));
    expect(afterMs(bench, 'new-view')).toEqual([12_000]);
    const undisturbed = new Bench(0, 'pbft');
    for (const replica of [1, 2, 3]) undisturbed.receive(viewChange(replica, BEGINNING, [], 1));
    expect(afterMs(undisturbed, 'new-view')).toEqual([2_000]);
  });

  it('A13: what was measured is forgotten as slots execute', () => {
    const bench = new Bench(0, 'pbft');
    for (const replica of [2, 3]) bench.receive(viewChange(replica, BEGINNING, [], 1));
    bench
      .pass(3_000)
      .receive(viewChange(1, BEGINNING, [], 1))
      .receive(newView(1, [1, 2, 3]));
    bench.receive(request(99));
    expect(afterMs(bench, 'request')).toEqual([6_000]);
    for (let sequence = 1; sequence <= 3; sequence += 1) {
      const certificate = { ...certified('commit', 'batch()'), view: 1, sequence };
      const nothing = { kind: 'decision', sequence, view: 1, digest: 'batch()', requests: [] };
      bench.receive({ ...nothing, certificate });
    }
    bench.fire({ kind: 'request', view: 1 });
    expect(afterMs(bench, 'request').at(-1)).toBe(1_000);
  });

  it('A13: a view-change is repeated ever more rarely', () => {
    const bench = new Bench(0, 'pbft', 'done', { tuning: { n: 31 } });
    for (let replica = 1; replica <= 11; replica += 1) {
      bench.receive(viewChange(replica, BEGINNING, []));
    }
    for (let attempt = 0; attempt < 4; attempt += 1) {
      bench.fire({ kind: 'view-change', view: 1, attempt });
    }
    expect(afterMs(bench, 'view-change')).toEqual([620, 1_240, 1_860, 1_860, 1_860]);
  });
});
