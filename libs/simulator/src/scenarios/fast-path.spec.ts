/** The fast path: 31, and what a replica that is slow, away or lying makes of it. */

import type { NewView, Verified, Vote } from '@ccro/consensus';
import { createVerification } from '@ccro/crypto';
import type { FaultKind } from '@ccro/faults';
import { describe, expect, it } from 'vitest';
import { HEALTHY_NETWORK } from '../simulated-network.js';
import { COLLECTING, Scene, type Passage, type SceneOptions } from './scene.testkit.js';

const REPLACED_MS = 3_000;

async function fastScene(options: SceneOptions): Promise<Scene> {
  return Scene.of({ ...options, tuning: { fastPath: true } });
}

/** Signers of the certificates that collectors published, prepare certificates first. */
function published(scene: Scene): number[] {
  return scene
    .saidByHonest('certificate')
    .filter(({ phase }) => phase !== 'checkpoint')
    .map(({ proof }) => proof.signers.length);
}

describe.each(COLLECTING)('the fast path: $mode, n = $n', ({ mode, n }) => {
  it('all answer: one certificate of all n, no commit vote, 4n deliveries', async () => {
    const scene = await fastScene({ mode, n });
    await scene.decide(['a']);
    await scene.expectDecidedRight();
    expect(published(scene)).toEqual([n]);
    expect(scene.honestVotes.filter(({ phase }) => phase === 'commit')).toEqual([]);
  });

  it('H13: replicas that are far apart are waited for: most slots take one round', async () => {
    const network = { ...HEALTHY_NETWORK, minDelayMs: 80, maxDelayMs: 100 };
    const scene = await fastScene({ mode, n, network });
    for (let index = 1; index <= 40; index += 1) await scene.decide([`value ${index}`]);
    await scene.expectDecidedRight();
    expect(scene.cluster.checkers.decidedFast).toBeGreaterThan(30);
    expect(scene.views).toEqual([0]);
  });

  it('H13, sibling: where delays grow, the wait follows: nobody broadcasts for ever, no view is left', async () => {
    const network = { ...HEALTHY_NETWORK };
    const scene = await Scene.of({ mode, n, network });
    for (let index = 1; index <= 20; index += 1) await scene.decide([`near ${index}`]);
    Object.assign(network, { minDelayMs: 45, maxDelayMs: 55 });
    for (let index = 1; index <= 60; index += 1) await scene.decide([`far ${index}`]);
    await scene.expectDecidedRight();
    expect(scene.timeouts(21).replicas).toBeGreaterThan(scene.f);
    for (let sequence = 61; sequence <= 80; sequence += 1) {
      expect(scene.timeouts(sequence).replicas).toBe(0);
    }
    expect(scene.viewsAskedFor).toEqual([]);
  });

  it('31: full certificate at one replica only, then view change: survives', async () => {
    const scene = await fastScene({ mode, n });
    const one = scene.collector;
    // Nobody hears of the certificate, nor of votes again, so there is none in two rounds either.
    const isLate = ({ message }: Passage): boolean =>
      message?.kind === 'vote' && message.view === 0 && message.attempt > 0;
    scene.loses = (passage) =>
      (passage.from === one && typeof passage.to === 'number') || isLate(passage);
    scene.cluster.submit('a');
    const executedAt = (): number[] =>
      scene.honest.filter((node) => node.status().lastExecuted === 1).map(({ id }) => id);
    await scene.until('decided at the collector', () => executedAt().length > 0, 1_000);
    const others = scene.honest.filter(({ id }) => id !== one);
    const changed = (): boolean =>
      others.some((node) => node.status().view === 1 && node.status().active);
    await scene.until('the next view', changed, REPLACED_MS);
    expect(executedAt()).toEqual([one]);
    const decided = scene.proposed(1);
    const [newView] = scene.saidByHonest('new-view');
    expect(newView?.viewChanges.map(({ replica }) => replica)).not.toContain(one);
    expect(newView?.reproposals).toEqual([{ sequence: 1, digest: decided }]);
    // No certificate leads there: it is f + 1 votes that do.
    const reported = scene.saidByHonest('view-change').filter(({ replica }) => replica !== one);
    expect(reported.flatMap(({ slots }) => slots.map(({ certificate }) => certificate))).toEqual(
      reported.map(() => null),
    );
    scene.loses = () => false;
    await scene.untilDecided(REPLACED_MS);
    expect(scene.outcomes).toMatchObject([{ sequence: 1, batch: decided }]);
    await scene.decide(['b'], REPLACED_MS);
    await scene.expectDecidedRight();
  });

  it.each(['offline', 'falsify', 'delay', 'double-vote'] satisfies FaultKind[])(
    'one that is %s: decided in two rounds, and waited for three times at most',
    async (fault) => {
      const scene = await fastScene({ mode, n, faulty: new Map([[n - 1, fault]]) });
      for (let index = 1; index <= 6; index += 1) await scene.decide([`value ${index}`]);
      await scene.expectDecidedRight();
      const full = published(scene).filter((signers) => signers === n);
      // Whoever votes twice may vote for the right digest first.
      if (fault !== 'double-vote') expect(full).toEqual([]);
      expect(scene.views).toEqual([0]);
    },
  );

  it('one that was away: fast again once it is back for some slots', async () => {
    const scene = await fastScene({ mode, n, faulty: new Map([[n - 1, 'offline']]) });
    for (let index = 1; index <= 4; index += 1) await scene.decide([`without ${index}`]);
    scene.node(n - 1).setFault(undefined);
    await scene.until('it is level', () => scene.node(n - 1).status().lastExecuted >= 4, 5_000);
    for (let index = 1; index <= 24; index += 1) await scene.decide([`with ${index}`]);
    await scene.expectDecidedRight();
    const [before, after] = [published(scene).slice(0, 8), published(scene).slice(-12)];
    expect(before).not.toContain(n);
    expect(after).toContain(n);
  });
});

describe('the fast path through three views', () => {
  /** Collects in view 1, and hides in both view-changes what it voted for. */
  const LIAR = 3;
  /** Collects in view 0, and alone gets that view's certificate. */
  const PREPARED = 2;
  /** Never hears the first proposal; alone decides in view 1. */
  const DECIDED = 1;

  /** What the replicas must not hear of one another for it to come to this. */
  function isKeptApart({ message, from, to }: Passage): boolean {
    if (typeof to !== 'number' || message === undefined) return false;
    switch (message.kind) {
      case 'vote':
        return message.phase !== 'checkpoint' && message.attempt > 0;
      case 'pre-prepare':
        return to === DECIDED && message.view === 0;
      case 'certificate':
        return from === PREPARED;
      case 'decision':
        return from === DECIDED;
      case 'view-change':
        return from === (message.view === 1 ? PREPARED : DECIDED);
      default:
        return false;
    }
  }

  /** Hides what it saw, and gives the votes of all n to one replica alone. */
  function lie(scene: Scene): void {
    scene.corrupt(LIAR, (send) => {
      const { message } = send;
      if (message.kind === 'certificate') return [];
      return [
        message.kind === 'view-change' ? { ...send, message: { ...message, slots: [] } } : send,
      ];
    });
    const { scheme } = createVerification(scene.cluster.facts);
    const votes = new Map<number, Verified<Vote>>();
    scene.hears = ({ message }) => {
      if (message.kind !== 'vote' || message.phase !== 'prepare') return;
      if (message.view !== 1 || message.sequence !== 1 || votes.has(message.replica)) return;
      votes.set(message.replica, message as Verified<Vote>);
      if (votes.size < scene.n - 1) return;
      const liar = scene.as(LIAR);
      votes.set(LIAR, liar.sign({ ...message, replica: LIAR }));
      const bySigner = [...votes.values()].sort((a, b) => a.replica - b.replica);
      liar.pass(scheme.assemble(bySigner), DECIDED);
    };
  }

  it('32: three views, certificate against fast decision: the later votes win', async () => {
    const scene = await fastScene({ mode: 'ccro', n: 4, faulty: [LIAR] });
    scene.loses = isKeptApart;
    lie(scene);
    scene.cluster.submit('a');
    const isDecided = (): boolean => scene.node(DECIDED).status().lastExecuted === 1;
    await scene.until('decided by one in view 1', isDecided, 2 * REPLACED_MS);
    const [certified, decided] = [scene.proposed(1, 0), scene.proposed(1, 1)];
    expect(decided).not.toBe(certified);
    const newViewOf = (view: number): NewView | undefined =>
      scene.saidByHonest('new-view').find((message) => message.view === view);
    await scene.until('view 2', () => newViewOf(2) !== undefined, 3 * REPLACED_MS);
    // All that one replica has a certificate for is the other batch, of view 0.
    const told = scene.saidByHonest('view-change').filter(({ view }) => view === 2);
    const [report] = told.find(({ replica }) => replica === PREPARED)?.slots ?? [];
    expect(report?.certificate).toMatchObject({ view: 0, digest: certified });
    expect(newViewOf(2)?.viewChanges.map(({ replica }) => replica)).toEqual([0, PREPARED, LIAR]);
    expect(newViewOf(2)?.reproposals[0]).toEqual({ sequence: 1, digest: decided });
    scene.loses = () => false;
    await scene.untilDecided(2 * REPLACED_MS);
    await scene.decide(['b'], REPLACED_MS);
    await scene.expectDecidedRight();
  });
});
