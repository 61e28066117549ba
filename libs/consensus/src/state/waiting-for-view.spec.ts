import { describe, expect, it } from 'vitest';
import type { Certificate, PrePrepare, SlotVote, Verified, ViewChange } from '../messages/index.js';
import {
  Bench,
  certificate,
  certified,
  prePrepare,
  replicaState,
  request,
  viewChange,
  vote,
} from '../replica-bench.testkit.js';
import type { OfView } from './early-messages.js';
import { withoutProofs } from './proofs.js';
import type { ReplicaState } from './replica-state.js';
import { isWantedEarly, keepEarly, takeUpEarly } from './waiting-for-view.js';

const BATCH = 'batch(r1)';
/** What view 1 stands on. */
const REFERRED = [1, 2, 3].map((replica) => ({ replica, digest: `vc${replica}` }));
const NEW_VIEW = {
  ...{ kind: 'new-view', view: 1, replica: 1, signature: 's' },
  ...{ viewChanges: REFERRED, reproposals: [] },
};

const proposal = (overrides: Partial<PrePrepare> = {}): PrePrepare => ({
  ...prePrepare(1, [request(1)]),
  ...{ view: 1, replica: 1, collector: 2, ...overrides },
});
const early = (replica: number, overrides: Partial<SlotVote> = {}): SlotVote =>
  vote('prepare', replica, BATCH, { view: 1, ...overrides }) as SlotVote;
const certificateOf = (view: number): Certificate<'prepare'> =>
  ({ ...certified('prepare', BATCH), view }) as Certificate<'prepare'>;

/** Replica 3 of four holds the new-view of view 1 and lacks what it stands on. */
function holding(mode: 'pbft' | 'ccro' = 'pbft', self = 3): Bench {
  return new Bench(self, mode).receive(NEW_VIEW);
}

/** What was missing comes: the view begins. */
function entering(bench: Bench): Bench {
  for (const { replica } of REFERRED) bench.receive(viewChange(replica));
  expect(bench.replica.status()).toMatchObject({ view: 1, active: true });
  return bench;
}

describe('A8, sibling: what comes of a view that has not begun here', () => {
  it.each([
    ['whose new-view waits for view-changes', holding()],
    ['that this replica asks for', new Bench(3, 'pbft').leaveView()],
  ])('%s: is worth checking, no rejection, and nothing is done about it yet', (_, bench) => {
    bench.effects = [];
    for (const message of [proposal(), early(1), certificateOf(1)] as const) {
      expect(bench.replica.screen(message)).toBe('wanted');
      bench.receive(message);
      expect(bench.replica.screen(message)).not.toBe('wanted');
    }
    expect(bench.rejects()).toEqual([]);
    expect(bench.sent('vote')).toEqual([]);
    expect(bench.replica.vote(early(1))).toBeUndefined();
  });

  it('a proposal is voted on when the view begins', () => {
    const bench = holding().receive(proposal());
    entering(bench);
    expect(bench.sent('vote').map(({ message }) => message)).toMatchObject([
      { phase: 'prepare', view: 1, sequence: 1, digest: BATCH },
    ]);
  });

  it('votes count when the view begins', () => {
    const bench = holding().receive(proposal()).receive(early(1)).receive(early(0));
    entering(bench);
    expect(bench.sent('vote').map(({ message }) => message)).toMatchObject([
      { phase: 'prepare', view: 1 },
      { phase: 'commit', view: 1 },
    ]);
  });

  it('a certificate counts when the view begins', () => {
    const bench = holding('ccro').receive(proposal()).receive(certificateOf(1));
    entering(bench);
    expect(bench.sent('vote').map(({ message }) => message)).toMatchObject([
      { phase: 'prepare', view: 1 },
      { phase: 'commit', view: 1 },
    ]);
  });

  it('what decides is taken at once, and not kept', () => {
    const all = [0, 1, 2, 3].map((replica) => ({ replica, digest: BATCH }));
    const decisive = { ...certificate('prepare', all), view: 1 };
    const bench = new Bench(3, 'pbft').receive(prePrepare(1, [request(1)])).receive(NEW_VIEW);
    bench.receive(decisive);
    expect(bench.replica.status().lastExecuted).toBe(1);
  });

  it('a certificate that proves what view-changes report is not kept besides', () => {
    const slots = [{ sequence: 1, vote: null, certificate: certificateOf(0) }];
    const bare = withoutProofs(viewChange(0, { slots }) as ViewChange);
    const bench = new Bench(3, 'pbft').leaveView().receive(bare);
    bench.receive(certificateOf(0));
    expect(bench.rejects()).toEqual([]);
  });

  it.each([
    ['a view that this replica is in', new Bench(3, 'pbft'), 0],
    ['a view that nobody says begins', new Bench(3, 'pbft'), 1],
    ['a later view than the one that it asks for', new Bench(3, 'pbft').leaveView(), 2],
    ['another view than the one whose new-view waits', holding(), 5],
    ['a view that is over', new Bench(3, 'pbft').enterView(), 0],
  ])('of %s: is taken or refused at once', (_, bench, view) => {
    bench.effects = [];
    const message = early(2, { view, phase: 'commit' });
    bench.receive(message);
    expect(bench.rejects()).toEqual(bench.replica.status().view === view ? [] : ['wrong-view']);
    expect(bench.replica.screen(message)).toBe(
      bench.replica.status().view === view ? 'duplicate' : 'wrong-view',
    );
  });

  it('outside the window: is refused', () => {
    const bench = holding();
    for (const message of [proposal({ sequence: 257 }), early(1, { sequence: 257 })]) {
      bench.receive(message);
    }
    expect(bench.rejects()).toEqual(['wrong-view', 'outside-watermarks']);
  });

  it('of a view that is passed over: is forgotten', () => {
    const bench = holding().receive(proposal()).receive(early(1));
    bench.effects = [];
    bench.leaveView(2);
    const viewChanges = [0, 2, 3].map((replica) => ({ replica, digest: `vc${replica}` }));
    for (const { replica } of viewChanges) bench.receive(viewChange(replica, { view: 2 }));
    bench.receive({ ...NEW_VIEW, view: 2, replica: 2, viewChanges });
    expect(bench.replica.status()).toMatchObject({ view: 2, active: true });
    expect(bench.sent('vote')).toEqual([]);
    expect(bench.rejects()).toEqual([]);
  });
});

describe('how much is kept', () => {
  const verified = (message: OfView): Verified<OfView> => message as Verified<OfView>;

  /** Replica 3 of four asks for view 1. */
  function asking(): ReplicaState {
    const state = replicaState(3);
    state.view = 1;
    state.active = false;
    return state;
  }

  function kept(state: ReplicaState): OfView[] {
    state.active = true;
    const taken: OfView[] = [];
    for (;;) {
      const next = takeUpEarly(state);
      if (next === undefined) return taken;
      taken.push(next.message);
    }
  }

  it('one proposal a slot, one vote a slot, phase and replica, one certificate a slot and phase', () => {
    const state = asking();
    const firsts = [
      proposal(),
      proposal({ sequence: 2 }),
      early(1),
      early(2),
      early(1, { phase: 'commit' }),
      early(1, { sequence: 2 }),
      certificateOf(1),
      { ...certificateOf(1), sequence: 2 },
    ];
    const others = [
      proposal({ digest: 'another' }),
      early(1, { digest: 'another' }),
      early(2, { attempt: 3 }),
      { ...certificateOf(1), digest: 'another' },
    ];
    for (const each of firsts) expect(keepEarly(state, verified(each), 'direct')).toBe(true);
    for (const each of others) {
      expect(isWantedEarly(state, each)).toBe(false);
      expect(keepEarly(state, verified(each), 'direct')).toBe(false);
    }
    expect(kept(state)).toEqual(firsts);
    expect(kept(state)).toEqual([]);
  });

  it('of each view as many bytes as of any other; the rest is lost', () => {
    const state = asking();
    const operation = 'x'.repeat(1024 * 1024);
    state.viewChanges.await({ ...NEW_VIEW, view: 2, replica: 2 } as never);
    const keeps = (view: number, sequence: number): boolean =>
      keepEarly(
        state,
        verified(proposal({ view, sequence, bodies: [request(1, { operation })] })),
        'broadcast',
      );
    // 16 MiB in five parts: of one for each replica, and of the view that this one asks for.
    const sequences = [1, 2, 3, 4, 5];
    expect(sequences.map((sequence) => keeps(1, sequence))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(sequences.map((sequence) => keeps(2, sequence))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(kept(state)).toHaveLength(3);
  });

  it('what a replica says of views that it gives up makes room', () => {
    const state = asking();
    const waits = (view: number): void => {
      state.viewChanges.await({ ...NEW_VIEW, view, replica: 2 } as never);
    };
    for (let view = 2; view < 100; view += 4) {
      waits(view);
      expect(keepEarly(state, verified(early(0, { view })), 'direct')).toBe(true);
    }
    state.view = 6;
    expect(kept(state)).toEqual([]);
    // That of view 98, whose new-view still waits.
    state.view = 98;
    expect(kept(state)).toHaveLength(1);
  });
});
