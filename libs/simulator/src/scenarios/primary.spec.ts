/** Scenarios 1 to 11: what a bad primary can do, and that it costs one view change at most. */

import type { OutgoingMessage, PrePrepare } from '@ccro/consensus';
import type { OutgoingSend } from '@ccro/faults';
import { appendOperation } from '@ccro/state-machine';
import { describe, expect, it } from 'vitest';
import { CLUSTERS, COLLECTING, onlyTo, type refusalsOf, Scene } from './scene.testkit.js';

type Proposal = Extract<OutgoingMessage, { kind: 'pre-prepare' }>;

/** A view's time, and what a client waits before it tells all of its request. */
const REPLACED_MS = 3_000;

/** What the primary sends when its proposals are replaced. */
function proposing(
  instead: (proposal: Proposal, send: OutgoingSend) => readonly OutgoingSend[],
): (send: OutgoingSend) => readonly OutgoingSend[] {
  return (send) =>
    send.message.kind === 'pre-prepare' && send.message.replica === 0
      ? instead(send.message, send)
      : [send];
}

/** The proposal with something changed, unsigned, so that the liar's key goes under it. */
function changed(
  send: OutgoingSend,
  proposal: Proposal,
  change: Partial<PrePrepare>,
): OutgoingSend {
  const { kind, view, sequence, digest, requests, bodies, collector, replica } = proposal;
  const unsigned = { kind, view, sequence, digest, requests, bodies, collector, replica };
  return { ...send, message: { ...unsigned, ...change } };
}

describe.each(CLUSTERS)('a bad primary: $mode, n = $n', ({ mode, n }) => {
  it('1: equivocates to halves: one batch a slot, and two signatures convict it', async () => {
    const convicted = new Set<number>();
    for (const seed of [1, 2]) {
      const scene = await Scene.of({ mode, n, seed, faulty: new Map([[0, 'equivocate']]) });
      await scene.decide(['a', 'b', 'c'], 2 * REPLACED_MS);
      await scene.expectDecidedRight();
      const proposals = scene.said.filter(({ message }) => message.kind === 'pre-prepare');
      const digests = new Set(
        proposals.map(({ message }) => 'digest' in message && 'view' in message && message.digest),
      );
      expect(digests.size).toBeGreaterThan(1);
      for (const accused of scene.accused('conflicting-proposals')) convicted.add(accused);
    }
    expect(convicted).toEqual(new Set([0]));
  });

  it('2: silent: decided after one view change', async () => {
    const scene = await Scene.of({ mode, n, faulty: new Map([[0, 'offline']]) });
    await scene.decide(['a', 'b'], REPLACED_MS);
    await scene.expectDecidedRight();
    expect(scene.outcomes.map(({ view }) => view)).toEqual([1, 1]);
    expect(scene.viewsAskedFor).toEqual([1]);
    expect(scene.views).toEqual([1]);
  });

  it('3: silent after its pre-prepare: decided by the others in its view', async () => {
    const scene = await Scene.of({ mode, n, faulty: [0] });
    scene.corrupt(0, (send) =>
      send.message.kind === 'pre-prepare' && send.message.sequence === 1 ? [send] : [],
    );
    const [first] = await scene.decide(['a'], 100);
    expect(first).toMatchObject({ view: 0, sequence: 1, batch: scene.proposed(1) });
    expect(scene.viewsAskedFor).toEqual([]);
    const [, second] = await scene.decide(['b'], REPLACED_MS);
    expect(second).toMatchObject({ view: 1, sequence: 2 });
    await scene.expectDecidedRight();
    expect(scene.viewsAskedFor).toEqual([1]);
  });

  it('4: pre-prepare to fewer than a quorum, then silence: decided after a view change', async () => {
    const scene = await Scene.of({ mode, n, faulty: [0] });
    const told = scene.first(scene.f, 0);
    scene.corrupt(0, (send) => (send.message.kind === 'pre-prepare' ? onlyTo(send, told) : []));
    await scene.decide(['a'], REPLACED_MS);
    await scene.expectDecidedRight();
    const voters = scene.honestVotes.filter(({ view, phase }) => view === 0 && phase === 'prepare');
    expect(new Set(voters.map(({ replica }) => replica))).toEqual(new Set(told));
    expect(scene.honestVotes.some(({ view, phase }) => view === 0 && phase === 'commit')).toBe(
      false,
    );
    // f reported it, which is one too few: the slot is filled with nothing.
    expect(scene.operationsAt(1)).toEqual([]);
    expect(scene.outcomes).toMatchObject([{ sequence: 2, view: 1 }]);
  });

  it('4: pre-prepare to fewer than a quorum, with its votes: the others get it from these', async () => {
    const scene = await Scene.of({ mode, n, faulty: [0] });
    const told = scene.first(scene.f, 0);
    scene.corrupt(
      0,
      proposing((_proposal, send) => onlyTo(send, told)),
    );
    await scene.decide(['a'], 1_000);
    await scene.expectDecidedRight();
    expect(scene.outcomes).toMatchObject([{ sequence: 1, view: 0, batch: scene.proposed(1) }]);
    expect(scene.timeouts(1).replicas).toBeGreaterThanOrEqual(told.length);
    expect(scene.viewsAskedFor).toEqual([]);
  });

  it('5: censors one client: left behind, though it serves the other one', async () => {
    const clients = ['gateway', 'alice'] as const;
    const scene = await Scene.of({ mode, n, clients, faulty: [0] });
    scene.loses = ({ message, to }) =>
      to === 0 && message?.kind === 'request' && message.client === 'alice';
    const { cluster } = scene;
    const alices = cluster.submitOperation('alice', appendOperation('censored')).request.digest;
    const isAlices = ({ request }: { readonly request: string }): boolean => request === alices;
    const serve = (): void => {
      if (cluster.outcomes.some(isAlices)) return;
      cluster.submitOperation('gateway', appendOperation(`at ${cluster.time.now()}`));
      cluster.time.schedule(200, serve);
    };
    serve();
    await scene.until('alice is served', () => cluster.outcomes.some(isAlices), REPLACED_MS);
    await scene.untilDecided(REPLACED_MS);
    await scene.expectDecidedRight();
    const others = cluster.outcomes.filter(({ view }) => view === 0);
    expect(others.length).toBeGreaterThan(8);
    expect(cluster.outcomes.find(isAlices)?.view).toBe(1);
    expect(scene.viewsAskedFor).toEqual([1]);
  });

  const mutations: [string, (proposal: Proposal) => Partial<PrePrepare>][] = [
    ['reorders', ({ requests }) => ({ requests: requests.toReversed() })],
    ['shortens', ({ requests }) => ({ requests: requests.slice(1) })],
    [
      'rewrites',
      ({ bodies }) => ({
        bodies: bodies.map((body) => ({ ...body, operation: appendOperation('rewritten') })),
      }),
    ],
  ];
  it.each(mutations)(
    '6: %s a batch: refused by everyone, decided after a view change',
    async (_, mutate) => {
      const tuning = { maxInFlightSlots: 1 };
      const scene = await Scene.of({ mode, n, tuning, faulty: [0] });
      scene.corrupt(
        0,
        proposing((proposal, send) =>
          proposal.sequence === 1 ? [send] : [changed(send, proposal, mutate(proposal))],
        ),
      );
      // The first one is proposed alone: the primary has heard of the others by then.
      await scene.pass(5);
      await scene.decide(['a', 'b', 'c'], 2 * REPLACED_MS);
      await scene.expectDecidedRight();
      expect(Math.min(...scene.refusals('digest-mismatch'))).toBeGreaterThan(0);
      expect(scene.operationsAt(1)).toHaveLength(1);
      expect(scene.outcomes.map(({ view }) => view)).toEqual([0, 1, 1]);
      expect(scene.honestVotes.some(({ view, sequence }) => view === 0 && sequence > 1)).toBe(
        false,
      );
    },
  );

  const misplaced: [string, Parameters<typeof refusalsOf>[1], Partial<PrePrepare>][] = [
    ['view', 'wrong-view', { view: n }],
    ['digest', 'digest-mismatch', { digest: 'd'.repeat(64) }],
    ['collector, which is itself', 'invalid-collector', { collector: 0 }],
  ];
  it.each(misplaced)(
    '7: wrong %s: refused as %s, decided after a view change',
    async (_, code, change) => {
      const scene = await Scene.of({ mode, n, faulty: [0] });
      scene.corrupt(
        0,
        proposing((proposal, send) => [changed(send, proposal, change)]),
      );
      await scene.decide(['a'], REPLACED_MS);
      await scene.expectDecidedRight();
      expect(Math.min(...scene.refusals(code))).toBeGreaterThan(0);
      expect(scene.honestVotes.filter(({ view }) => view === 0)).toEqual([]);
      expect(scene.outcomes).toMatchObject([{ view: 1 }]);
    },
  );

  it('7: wrong sequence, one that is spent: convicted by it, decided after a view change', async () => {
    const scene = await Scene.of({ mode, n, faulty: [0] });
    scene.corrupt(
      0,
      proposing((proposal, send) => [changed(send, proposal, { sequence: 1 })]),
    );
    await scene.decide(['a'], 100);
    await scene.decide(['b'], REPLACED_MS);
    await scene.expectDecidedRight();
    expect(scene.operationsAt(1)).toEqual([appendOperation('a')]);
    expect(scene.accused('conflicting-proposals')).toEqual([0]);
    expect(scene.outcomes.map(({ view }) => view)).toEqual([0, 1]);
  });

  it('8: sequence gap: filled with nothing after a view change, what is above it kept', async () => {
    const scene = await Scene.of({ mode, n, faulty: [0] });
    scene.corrupt(
      0,
      proposing((proposal, send) => [changed(send, proposal, { sequence: proposal.sequence + 1 })]),
    );
    await scene.decide(['a'], REPLACED_MS);
    await scene.expectDecidedRight();
    expect(scene.operationsAt(1)).toEqual([]);
    expect(scene.outcomes).toMatchObject([{ sequence: 2, batch: scene.proposed(2, 0) }]);
    expect(scene.viewsAskedFor).toEqual([1]);
  });

  it('8: above the watermark: refused, decided after a view change', async () => {
    const tuning = { checkpointInterval: 8, windowSlots: 16 };
    const scene = await Scene.of({ mode, n, tuning, faulty: [0] });
    scene.corrupt(
      0,
      proposing((proposal, send) => [changed(send, proposal, { sequence: 17 })]),
    );
    await scene.decide(['a'], REPLACED_MS);
    await scene.expectDecidedRight();
    expect(Math.min(...scene.refusals('outside-watermarks'))).toBeGreaterThan(0);
    expect(scene.outcomes).toMatchObject([{ view: 1 }]);
  });

  it('9: fabricates a client operation: never executed, decided after a view change', async () => {
    const scene = await Scene.of({ mode, n, faulty: new Map([[0, 'fabricate']]) });
    await scene.decide(['a', 'b'], 2 * REPLACED_MS);
    await scene.expectDecidedRight();
    expect(Math.min(...scene.refusals('bad-signature'))).toBeGreaterThan(0);
    expect(scene.executed().map(({ operation }) => operation)).toEqual(
      expect.arrayContaining([appendOperation('a'), appendOperation('b')]),
    );
    expect(scene.executed()).toHaveLength(2);
    expect(scene.views).toEqual([1]);
  });

  it('10: drips just under the timeout: slow, but each request in time, and not replaced', async () => {
    const dripMs = 1_800;
    const tuning = { maxInFlightSlots: 1, maxBatchRequests: 1 };
    const scene = await Scene.of({ mode, n, tuning, faulty: [0] });
    scene.corrupt(
      0,
      proposing((_proposal, send) => [{ ...send, delayMs: dripMs }]),
    );
    for (const value of ['a', 'b', 'c']) await scene.decide([value], dripMs + 100);
    await scene.expectDecidedRight();
    expect(scene.outcomes.map(({ view }) => view)).toEqual([0, 0, 0]);
    expect(scene.viewsAskedFor).toEqual([]);
  });

  it('10: drips just over the timeout: replaced, each request in time', async () => {
    const tuning = { maxInFlightSlots: 1, maxBatchRequests: 1 };
    const scene = await Scene.of({ mode, n, tuning, faulty: [0] });
    scene.corrupt(
      0,
      proposing((_proposal, send) => [{ ...send, delayMs: 2_600 }]),
    );
    await scene.decide(['a', 'b', 'c'], REPLACED_MS);
    await scene.expectDecidedRight();
    expect(scene.outcomes.map(({ view }) => view)).toEqual([1, 1, 1]);
  });
});

describe.each(COLLECTING.filter(({ n }) => n === 7))('a bad primary: $mode, n = $n', (cluster) => {
  it('11: keeps naming a dead collector: left after (f + 1) · slots in flight + f such slots', async () => {
    const maxInFlightSlots = 2;
    const tuning = { maxInFlightSlots, maxBatchRequests: 1 };
    const dead = 3;
    const faulty = new Map([
      [0, 'delay'],
      [dead, 'offline'],
    ] as const);
    const scene = await Scene.of({ ...cluster, tuning, faulty });
    scene.corrupt(
      0,
      proposing((proposal, send) => [changed(send, proposal, { collector: dead })]),
    );
    for (let index = 0; index < 12; index += 1) await scene.decide([`${index}`], REPLACED_MS);
    await scene.expectDecidedRight();
    const patience = (scene.f + 1) * maxInFlightSlots + scene.f;
    const inItsView = scene.outcomes.filter(({ view }) => view === 0);
    expect(inItsView).toHaveLength(patience + 1);
    expect(scene.views).toEqual([1]);
    expect(scene.accused('collector-failed')).toEqual([dead]);
  });
});
