import { describe, expect, it } from 'vitest';
import type { Certificate, PrePrepare, SlotVote, Verified, ViewChange } from '../messages/index.js';
import type { ReplicaConfig } from '../model/config.js';
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
import { keepEarly, takeUpEarly } from './waiting-for-view.js';

const BATCH = 'batch(r1)';
const proposal = (overrides: Partial<PrePrepare> = {}): PrePrepare => ({
  ...prePrepare(1, [request(1)]),
  ...{ view: 1, replica: 1, collector: 2, ...overrides },
});
const early = (replica: number, overrides: Partial<SlotVote> = {}): SlotVote =>
  vote('prepare', replica, BATCH, { view: 1, ...overrides }) as SlotVote;
const certificateOf = (view: number): Certificate<'prepare'> =>
  ({ ...certified('prepare', BATCH), view }) as Certificate<'prepare'>;

/** Replica 3 of four asks for view 1. */
function asking(mode: 'pbft' | 'ccro' = 'pbft', tuning: Partial<ReplicaConfig> = {}): Bench {
  return new Bench(3, mode, 'done', { tuning }).leaveView();
}

/** The view begins. */
function entering(bench: Bench, view = 1): Bench {
  const voters = [0, 1, 2];
  for (const replica of voters) bench.receive(viewChange(replica, { view }));
  const viewChanges = voters.map((replica) => ({ replica, digest: `vc${replica}` }));
  bench.receive({
    ...{ kind: 'new-view', view, viewChanges, reproposals: [], replica: view, signature: 's' },
  });
  expect(bench.replica.status()).toMatchObject({ view, active: true });
  return bench;
}

const votesOf = (bench: Bench): object[] => bench.sent('vote').map(({ message }) => message);
const PREPARED = { phase: 'prepare', view: 1, sequence: 1, digest: BATCH };
const COMMITTED = { ...PREPARED, phase: 'commit' };

describe('A8, sibling: what comes of a view that has not begun here', () => {
  it('is worth checking once, no rejection, and nothing is done about it yet', () => {
    const bench = asking();
    bench.effects = [];
    for (const message of [proposal(), early(1), certificateOf(1)] as const) {
      expect(bench.replica.screen(message)).toBe('wanted');
      bench.receive(message);
      expect(bench.replica.screen(message)).not.toBe('wanted');
    }
    expect([bench.rejects(), bench.of('send'), bench.stored()]).toEqual([[], [], []]);
    expect(bench.replica.vote(early(1))).toBeUndefined();
  });

  it('a proposal is voted on when the view begins', () => {
    expect(votesOf(entering(asking().receive(proposal())))).toMatchObject([PREPARED]);
  });

  it('votes count when the view begins, and reminders are answered then', () => {
    const bench = asking()
      .receive(proposal())
      .receive(early(1))
      .receive(early(0, { attempt: 1 }));
    expect(votesOf(entering(bench))).toMatchObject([PREPARED, COMMITTED]);
    expect(bench.rejects()).toEqual([]);
  });

  it('a certificate counts when the view begins', () => {
    const bench = asking('ccro').receive(proposal()).receive(certificateOf(1));
    expect(votesOf(entering(bench))).toMatchObject([PREPARED, COMMITTED]);
  });

  it('so does one that a liar says it holds for a later view', () => {
    const slots = [{ sequence: 1, vote: null, certificate: certificateOf(1) }];
    const bare = withoutProofs(viewChange(0, { view: 2, slots }) as ViewChange);
    const bench = asking('ccro').receive(bare).receive(proposal()).receive(certificateOf(1));
    bench.receive(viewChange(0));
    const viewChanges = [1, 2, 3].map((replica) => ({ replica, digest: `vc${replica}` }));
    bench.receive(viewChange(3));
    bench.receive({
      ...{ kind: 'new-view', view: 1, viewChanges, reproposals: [], replica: 1, signature: 's' },
    });
    expect(votesOf(bench)).toMatchObject([PREPARED, COMMITTED]);
  });

  it('how long it was here says nothing of how long a collector takes', () => {
    const bench = asking('ccro').receive(proposal()).receive(certificateOf(1));
    entering(bench);
    bench.effects = [];
    bench.receive(proposal({ ...prePrepare(2, [request(2)]), view: 1, replica: 1 }));
    const waits = bench.of('set-timer').filter(({ timer }) => timer.kind === 'certificate');
    const first = asking('ccro');
    entering(first).receive(proposal());
    const usual = first.of('set-timer').filter(({ timer }) => timer.kind === 'certificate');
    expect(waits.map(({ afterMs }) => afterMs)).toEqual(usual.map(({ afterMs }) => afterMs));
  });

  it('what decides is taken at once, also after less was kept', () => {
    const all = [0, 1, 2, 3].map((replica) => ({ replica, digest: BATCH }));
    const decisive = { ...certificate('prepare', all), view: 1 };
    const bench = new Bench(3, 'pbft').receive(prePrepare(1, [request(1)])).leaveView();
    bench.receive(certificateOf(1));
    expect(bench.replica.screen(decisive)).toBe('wanted');
    expect(bench.receive(decisive).replica.status().lastExecuted).toBe(1);
  });

  it('a certificate of an earlier view, which proves what view-changes report, is no rejection', () => {
    const slots = [{ sequence: 1, vote: null, certificate: certificateOf(0) }];
    const bare = withoutProofs(viewChange(0, { slots }) as ViewChange);
    const bench = asking().receive(bare).receive(certificateOf(0)).receive(certificateOf(0));
    expect(bench.rejects()).toEqual(['wrong-view']);
  });

  it.each([
    ['a view that nobody asks for', new Bench(3, 'pbft'), 1],
    ['a later view than the one that it asks for', asking(), 2],
    ['a view that is over', new Bench(3, 'pbft').enterView(), 0],
  ])('of %s: is refused, unchecked', (_, bench, view) => {
    bench.effects = [];
    const refused = [
      early(2, { view }),
      proposal({ view, replica: view % 4, collector: 3 }),
      certificateOf(view),
    ];
    for (const message of refused) bench.receive(message);
    expect(bench.rejects()).toEqual(['wrong-view', 'wrong-view', 'wrong-view']);
    for (const message of refused.slice(0, 2)) {
      expect(bench.replica.screen(message)).toBe('wrong-view');
    }
  });

  it.each([
    ['outside the window', { sequence: 257 }],
    ['of too large a batch', { requests: ['r1', 'r2', 'r3'] }],
    ['with its primary as collector', { collector: 1 }],
    ['with nobody as collector', { collector: 4 }],
  ])('a proposal %s: is refused, unchecked', (_, overrides) => {
    const bench = asking('ccro', { maxBatchRequests: 2 });
    expect(bench.replica.screen(proposal(overrides))).toBe('wrong-view');
    expect(bench.receive(proposal(overrides)).rejects()).toEqual(['wrong-view']);
    expect(bench.replica.screen(proposal({ requests: ['r1', 'r2'] }))).toBe('wanted');
  });

  it('a proposal of another than its primary, and a vote outside the window: are refused', () => {
    const bench = asking()
      .receive(proposal({ replica: 2 }))
      .receive(early(1, { sequence: 257 }));
    expect(bench.rejects()).toEqual(['wrong-view', 'outside-watermarks']);
  });

  it('of a view that is passed over: is forgotten', () => {
    const bench = asking().receive(proposal()).receive(early(1)).leaveView(2);
    bench.effects = [];
    entering(bench, 2);
    expect(votesOf(bench)).toEqual([]);
    expect(bench.rejects()).toEqual([]);
  });
});

describe('how much is kept', () => {
  const verified = (message: OfView): Verified<OfView> => message as Verified<OfView>;

  function waiting(): ReplicaState {
    const state = replicaState(3);
    state.view = 1;
    state.active = false;
    return state;
  }

  function taken(state: ReplicaState): OfView[] {
    state.active = true;
    const messages: OfView[] = [];
    for (;;) {
      const next = takeUpEarly(state);
      if (next === undefined) return messages;
      messages.push(next.message);
    }
  }

  it('one proposal a slot, one vote a slot, phase and replica, one certificate a slot and phase', () => {
    const state = waiting();
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
    for (const each of others) expect(keepEarly(state, verified(each), 'direct')).toBe(false);
    expect(taken(state)).toEqual(firsts);
    expect(taken(state)).toEqual([]);
  });

  it('a certificate that went to all besides a copy that did not', () => {
    const state = waiting();
    for (const via of ['direct', 'broadcast'] as const) {
      expect(keepEarly(state, verified(certificateOf(1)), via)).toBe(true);
    }
    state.active = true;
    expect(takeUpEarly(state)?.via).toBe('direct');
    expect(takeUpEarly(state)?.via).toBe('broadcast');
  });

  it('proposals up to 16 MiB in memory, which leave room for votes and certificates', () => {
    const state = waiting();
    const operation = 'x'.repeat(1024 * 1024);
    const keeps = (sequence: number): boolean => {
      const bodies = [request(1, { operation })];
      return keepEarly(state, verified(proposal({ sequence, bodies })), 'broadcast');
    };
    const sequences = Array.from({ length: 12 }, (_, index) => index + 1);
    expect(sequences.filter(keeps)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(keepEarly(state, verified(early(1)), 'direct')).toBe(true);
    expect(keepEarly(state, verified(certificateOf(1)), 'direct')).toBe(true);
    expect(taken(state)).toHaveLength(9);
    state.active = false;
    expect(sequences.filter(keeps)).toHaveLength(7);
  });

  it('of one view: what came of the one before makes room', () => {
    const state = waiting();
    keepEarly(state, verified(proposal()), 'broadcast');
    state.view = 2;
    for (const replica of [0, 1]) keepEarly(state, verified(early(replica, { view: 2 })), 'direct');
    expect(taken(state)).toMatchObject([{ kind: 'vote' }, { kind: 'vote' }]);
    state.view = 1;
    expect(taken(state)).toEqual([]);
  });
});
