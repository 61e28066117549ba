import { describe, expect, it } from 'vitest';
import type {
  NewView,
  PrePrepare,
  SlotCertificate,
  SlotReport,
  Suspicion,
  Verified,
  ViewChange,
} from '../messages/index.js';
import { Bench, certified, prePrepare, replicaState } from '../replica-bench.testkit.js';
import type { ReplicaState } from '../state/replica-state.js';
import { considerViewChange, helpIntoView, startViewChange, timeNewView } from './changing-view.js';

const BEGINNING = { sequence: 0, digest: '', certificate: null };

function viewChange(
  replica: number,
  view = 1,
  slots: readonly SlotReport[] = [],
): Verified<ViewChange> {
  const base = { kind: 'view-change', view, stable: BEGINNING, slots, signature: 's' } as const;
  return { ...base, replica, digest: `vc${replica} of ${view}` } as Verified<ViewChange>;
}

function suspicion(replica: number): Verified<Suspicion> {
  return { kind: 'suspicion', view: 0, replica, signature: 's' } as Verified<Suspicion>;
}

function prepareAt(sequence: number): Verified<SlotCertificate> {
  return { ...certified('prepare', 'b'), sequence } as Verified<SlotCertificate>;
}

function reportAt(sequence: number): SlotReport {
  return { sequence, vote: { view: 0, digest: 'b' }, certificate: null };
}

describe('leaving a view', () => {
  it('leads to a later one only', () => {
    const state = Object.assign(replicaState(1), { view: 3 });
    for (const view of [2, 3]) {
      expect(() => startViewChange(state, view, 'others-ask')).toThrow(`view ${view} after 3`);
    }
    startViewChange(state, 4, 'others-ask');
    expect(state).toMatchObject({ view: 4, active: false });
  });

  it('ends the time that a request may take', () => {
    const ended = new Bench(1, 'pbft').leaveView().of('cancel-timer');
    expect(ended.map(({ timer }) => timer)).toEqual([{ kind: 'request', view: 0 }]);
  });

  it('gives each further view twice the time', () => {
    const bench = new Bench(1, 'pbft');
    for (const view of [1, 2, 3]) {
      for (const replica of [0, 2, 3]) bench.receive(viewChange(replica, view));
    }
    const timed = bench.of('set-timer').filter(({ timer }) => timer.kind === 'new-view');
    expect(timed.map(({ afterMs }) => afterMs)).toEqual([2000, 4000, 8000]);
  });

  it('forgets what its proposals wait for', () => {
    const state = replicaState(1);
    const slot = state.window.open(1);
    slot.inView.awaitingBodies = prePrepare(1, []) as Verified<PrePrepare>;
    slot.inView.missing.add('r1');
    state.slotsAwaitingBodies.add(1);
    startViewChange(state, 1, 'others-ask');
    expect(slot.inView.awaitingBodies).toBeUndefined();
    expect(slot.inView.missing.size + state.slotsAwaitingBodies.size).toBe(0);
  });

  it('reports, above the stable checkpoint and in order, what was voted for or certified', () => {
    const state = replicaState(1);
    const cast = { view: 0, digest: 'b', castAtMs: undefined };
    for (const sequence of [8, 6, 4, 5, 3]) {
      state.window.open(sequence).castVote('prepare', cast);
    }
    state.window.open(7).setCertificate(prepareAt(7));
    state.window.open(9);
    const stable = {
      ...certified('checkpoint', 'state'),
      phase: 'checkpoint',
      sequence: 4,
    } as const;
    state.checkpoints.stabilise(stable);
    startViewChange(state, 1, 'others-ask');
    const left = state
      .takeEffects()
      .flatMap((each) => (each.kind === 'persist' ? each.records : []))
      .find((each) => each.kind === 'view-left');
    expect(left?.viewChange).toMatchObject({
      stable: { sequence: 4, certificate: stable },
      slots: [
        reportAt(5),
        reportAt(6),
        { sequence: 7, vote: null, certificate: prepareAt(7) },
        reportAt(8),
      ],
    });
  });
});

describe('what moved a replica', () => {
  const shownTo = (bench: Bench, id: number) =>
    bench
      .of('send')
      .filter(
        ({ to, message }) => to.kind === 'replica' && to.id === id && message.kind !== 'fetch',
      )
      .map(({ message }) => [message.kind, 'replica' in message ? message.replica : undefined]);

  it('is stored as it leaves: of each replica what it said last', () => {
    const bench = new Bench(1, 'pbft').receive(suspicion(3)).receive(suspicion(2));
    const [left] = bench.stored().filter((each) => each.kind === 'view-left');
    expect(left?.movedBy).toEqual([suspicion(3), suspicion(2)]);
    const other = new Bench(1, 'pbft').receive(suspicion(3)).receive(viewChange(3));
    const [asked] = other
      .receive(suspicion(2))
      .stored()
      .filter(({ kind }) => kind === 'view-left');
    expect(asked).toMatchObject({ movedBy: [suspicion(2), viewChange(3)] });
    other.fire({ kind: 'view-change', view: 1, attempt: 0 });
    expect(shownTo(other, 0)).toEqual([
      ['suspicion', 2],
      ['view-change', 3],
    ]);
  });

  it('is shown as far as it takes to move others: f + 1 that say so', () => {
    const bench = new Bench(1, 'pbft', 'done', { tuning: { n: 7 } });
    for (const replica of [2, 3, 4]) bench.receive(suspicion(replica));
    for (const replica of [5, 6]) bench.receive(viewChange(replica));
    bench.fire({ kind: 'view-change', view: 1, attempt: 0 });
    expect(shownTo(bench, 0)).toEqual([2, 3, 4].map((replica) => ['suspicion', replica]));
  });
});

describe('a replica that asks for a view', () => {
  it.each([
    ['up to the end of its window', true, [256]],
    ['beyond its window', false, [257]],
    ['in its window and beyond', false, [1, 2, 257]],
  ])('may report slots %s: %s', (_, isHeard, sequences) => {
    const state = replicaState(1);
    considerViewChange(state, viewChange(2, 1, sequences.map(reportAt)));
    expect(state.viewChanges.of(2) !== undefined).toBe(isHeard);
    const refused = { kind: 'reject', code: 'malformed-view-change', from: 2 };
    expect(state.takeEffects()).toEqual(isHeard ? [] : [refused]);
  });

  it('is kept in mind when its view is over only for a new-view that refers to it', () => {
    const state = Object.assign(replicaState(1), { view: 3 });
    considerViewChange(state, viewChange(2));
    expect(state.viewChanges.find('vc2 of 1')).toBeUndefined();
    const referred = [{ replica: 2, digest: 'vc2 of 1' }];
    const waits: NewView = {
      ...{ kind: 'new-view', view: 1, viewChanges: referred, reproposals: [] },
      ...{ replica: 1, signature: 's' },
    };
    state.viewChanges.await(waits as Verified<NewView>);
    considerViewChange(state, viewChange(2));
    expect(state.viewChanges.find('vc2 of 1')).toEqual(viewChange(2));
  });
});

describe('helping a replica into the current view', () => {
  /** Replica 1 in view 1, which began on so many view-changes and carried so many slots over. */
  function inView(viewChanges: number, reproposals: number): ReplicaState {
    const state = Object.assign(replicaState(1), { view: 1 });
    const newView: NewView = {
      ...{ kind: 'new-view', view: 1, replica: 1, signature: 's' },
      viewChanges: Array.from({ length: viewChanges }, (_, replica) => ({ replica, digest: 'd' })),
      reproposals: Array.from({ length: reproposals }, (_, sequence) => ({
        sequence,
        digest: 'd',
      })),
    };
    state.viewChanges.entered({ newView: newView as Verified<NewView>, viewChanges: [] });
    return state;
  }

  it('ends when it has drawn as many bytes as it may', () => {
    const state = inView(50, 50);
    for (let times = 0; times < 250; times += 1) helpIntoView(state, 2);
    const effects = state.takeEffects();
    expect(effects.filter(({ kind }) => kind === 'send')).toHaveLength(209);
    expect(effects.at(-1)).toEqual({ kind: 'reject', code: 'throttled', from: 2 });
  });

  it('is not for this replica itself, nor in view 0, which began for all', () => {
    const state = inView(3, 0);
    helpIntoView(state, 1);
    const first = replicaState(1);
    helpIntoView(first, 2);
    expect([...state.takeEffects(), ...first.takeEffects()]).toEqual([]);
  });
});

describe('the time in which a view has to begin', () => {
  const timed = (bench: Bench) =>
    bench
      .of('set-timer')
      .filter(({ timer }) => timer.kind === 'new-view')
      .map(({ afterMs }) => afterMs);

  it('is set once, by what the others took from f + 1 to a quorum', () => {
    const bench = new Bench(1, 'pbft').pass(500).receive(suspicion(3)).receive(suspicion(2));
    for (const replica of [2, 3, 0]) bench.receive(viewChange(replica)).pass(1000);
    expect(timed(bench)).toEqual([4000]);
    bench.receive({ ...viewChange(1) }, 'self');
    expect(timed(bench)).toHaveLength(1);
  });

  it.each([
    ['has begun', { active: true }],
    ['is timed', { newViewTimed: true }],
    ['is not listened for', { paused: true }],
    ['is waited for', {}],
  ])('when it %s', (_, change) => {
    const state = Object.assign(replicaState(1), { view: 1, active: false }, change);
    for (const replica of [0, 2, 3]) state.viewChanges.add(viewChange(replica));
    timeNewView(state);
    expect(state.takeEffects()).toHaveLength(Object.keys(change).length === 0 ? 1 : 0);
  });
});

describe('asking again for a view that does not begin', () => {
  const due = (view: number, attempt = 0) => ({ kind: 'view-change', view, attempt }) as const;

  it('is done in the same words, after a while, and then half as often', () => {
    const bench = new Bench(1, 'pbft').leaveView();
    const own = { ...bench.sent('view-change')[0]?.message, digest: 'own', signature: 's' };
    bench.receive(own, 'self').fire(due(1)).fire(due(1, 1));
    const again = { kind: 'send', to: { kind: 'all' }, message: own };
    expect(
      bench
        .sent('view-change')
        .filter(({ to }) => to.kind === 'all')
        .slice(1),
    ).toEqual([again, again]);
    const waits = bench.of('set-timer').filter(({ timer }) => timer.kind === 'view-change');
    expect(waits.map(({ timer, afterMs }) => [timer, afterMs])).toEqual([
      [due(1, 0), 250],
      [due(1, 1), 500],
      [due(1, 2), 500],
    ]);
  });

  it.each([
    ['has begun', new Bench(2, 'pbft').enterView(), 1],
    ['is over', new Bench(2, 'pbft').leaveView(), 0],
    ['is not asked for', new Bench(2, 'pbft').leaveView(), 2],
  ])('is not done when it %s', (_, bench, view) => {
    bench.effects = [];
    bench.fire(due(view));
    expect(bench.effects).toEqual([]);
  });
});
