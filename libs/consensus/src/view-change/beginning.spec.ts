import { describe, expect, it } from 'vitest';
import type { Verified, ViewChange } from '../messages/index.js';
import { Bench, certified, replicaState, viewChange } from '../replica-bench.testkit.js';
import { withoutProofs } from '../state/proofs.js';
import { beginViewIfPrimary } from './new-view.js';

const BATCH = 'batch(r1)';

const PREPARED = {
  sequence: 1,
  vote: { view: 0, digest: BATCH },
  certificate: certified('prepare', BATCH),
};

describe('a view that begins', () => {
  it('is told to all by its primary', () => {
    const bench = new Bench(1, 'pbft');
    for (const replica of [0, 2, 3]) bench.receive(viewChange(replica));
    expect(bench.sent('new-view')).toMatchObject([{ to: { kind: 'all' }, message: { view: 1 } }]);
  });

  it('is reported with what it carries over', () => {
    const bench = new Bench(3, 'pbft').enterView({ sequence: 1, digest: BATCH });
    expect(bench.of('progress').at(-1)?.progress).toEqual({
      kind: 'entered-view',
      view: 1,
      carriedOver: 1,
    });
  });
});

describe('a replica that needs view-changes with their proofs', () => {
  it('asks itself for none: its own may be from before its store was lost', () => {
    const state = Object.assign(replicaState(1), { view: 1, active: false });
    const own = withoutProofs(viewChange(1, { slots: [PREPARED] }) as ViewChange);
    for (const each of [own, viewChange(2), viewChange(3)]) {
      state.viewChanges.add(each as Verified<ViewChange>);
    }
    beginViewIfPrimary(state);
    const effects = state.takeEffects();
    expect(effects.filter(({ kind }) => kind === 'send')).toEqual([]);
    expect(effects).toMatchObject([
      { kind: 'set-timer', timer: { kind: 'fetch-view-changes', replica: 1 } },
    ]);
  });

  it('gives itself none', () => {
    const bench = new Bench(3, 'pbft').enterView();
    const fetch = { kind: 'fetch', sequence: 0, digest: 'vc0', signature: 's' };
    const given = () => bench.sent('view-change').filter(({ to }) => to.kind === 'replica');
    bench.receive({ ...fetch, replica: 3 });
    expect(given()).toEqual([]);
    bench.receive({ ...fetch, replica: 2 });
    expect(given()).toMatchObject([{ to: { id: 2 }, message: { digest: 'vc0' } }]);
  });
});
