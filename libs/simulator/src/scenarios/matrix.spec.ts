/**
 * The most telling scenarios in every combination of mode, signatures on votes, fast path, and
 * requests signed alone or together. The seeds of `npm run simulate` draw from the same matrix.
 */

import { describe, expect, it } from 'vitest';
import { Scene, type SceneOptions } from './scene.testkit.js';

type Combination = Required<Pick<SceneOptions, 'mode' | 'signature' | 'signedTogether'>> & {
  readonly fastPath: boolean;
};

const COMBINATIONS: readonly Combination[] = (['pbft', 'ccro'] as const).flatMap((mode) =>
  (['ed25519', 'bls'] as const).flatMap((signature) =>
    [true, false].flatMap((fastPath) =>
      [1, 8].map((signedTogether) => ({ mode, signature, fastPath, signedTogether })),
    ),
  ),
);

const VALUES = ['a', 'b', 'c', 'd', 'e', 'f'];
const LIMIT_MS = 20_000;

describe.each(COMBINATIONS)(
  '$mode, $signature, fast path: $fastPath, together: $signedTogether',
  ({ fastPath, ...combination }) => {
    const sceneOf = (
      faulty: NonNullable<SceneOptions['faulty']> = [],
      tuning: SceneOptions['tuning'] = {},
    ): Promise<Scene> =>
      // Two requests a batch: lists of more are split among slots.
      Scene.of({
        ...combination,
        n: 4,
        faulty,
        tuning: { maxBatchRequests: 2, ...tuning, fastPath },
      });

    it('nobody is faulty: decided in view 0, in one round where that is possible', async () => {
      const scene = await sceneOf();
      await scene.decide(VALUES);
      await scene.expectDecidedRight();
      const isListed = scene.executed().map(({ signedWith }) => signedWith !== undefined);
      expect(isListed.includes(true)).toBe(combination.signedTogether > 1);
      // Without a collector nobody waits for the last vote, so the commits may come first.
      const isFast = scene.cluster.checkers.decidedFast > 0;
      if (combination.mode === 'ccro' || !fastPath) expect(isFast).toBe(fastPath);
      expect(scene.views).toEqual([0]);
    });

    it('a silent primary is replaced', async () => {
      const scene = await sceneOf(new Map([[0, 'offline' as const]]));
      await scene.decide(VALUES, LIMIT_MS);
      await scene.expectDecidedRight();
      expect(Math.min(...scene.views)).toBeGreaterThan(0);
    });

    it('an equivocating primary divides nobody, and is convicted', async () => {
      const scene = await sceneOf(new Map([[0, 'equivocate' as const]]));
      await scene.decide(VALUES, LIMIT_MS);
      await scene.expectDecidedRight();
      const kinds = ['conflicting-votes', 'conflicting-proposals'] as const;
      expect(new Set(kinds.flatMap((kind) => scene.accused(kind)))).toEqual(new Set([0]));
    });

    it('a primary that makes requests up gets none of them decided', async () => {
      const scene = await sceneOf(new Map([[0, 'fabricate' as const]]));
      await scene.decide(VALUES, LIMIT_MS);
      await scene.expectDecidedRight();
    });

    it('a dead collector costs time alone', async () => {
      const scene = await sceneOf(new Map([[2, 'offline' as const]]));
      expect(scene.collector).toBe(2);
      await scene.decide(VALUES, LIMIT_MS);
      await scene.expectDecidedRight();
      expect(scene.views).toEqual([0]);
    });

    it('what was prepared survives the change of views', async () => {
      const scene = await sceneOf();
      // In view 0 no commit votes, and one vote too few for the fast path.
      scene.loses = ({ message, from }) =>
        message?.kind === 'vote' &&
        message.view === 0 &&
        (message.phase === 'commit' || from === 3);
      scene.cluster.submit(...VALUES);
      const prepared = (): boolean => {
        const votes = scene.honestVotes.filter(({ phase }) => phase === 'commit');
        return new Set(votes.map(({ replica }) => replica)).size >= scene.quorum;
      };
      await scene.until('prepared', prepared);
      scene.node(0).setAway(true);
      await scene.until(
        'the others decide without the primary',
        () => scene.outcomes.length === VALUES.length,
        LIMIT_MS,
      );
      scene.node(0).setAway(false);
      await scene.expectDecidedRight();
      const [first] = scene.cluster.checkers.decided.get(1) ?? [];
      expect(first?.digest).toBe(requestsProposedFirst(scene)[0]);
      expect(Math.max(...scene.views)).toBeGreaterThan(0);
    });

    it('all lose power in the middle of it, and go on', async () => {
      const scene = await sceneOf();
      await scene.decide(['before']);
      scene.cluster.submit(...VALUES);
      await scene.until('votes are cast', () => scene.honestVotes.length > 10);
      for (const node of scene.cluster.nodes) node.crash();
      for (const node of scene.cluster.nodes) node.restart();
      await scene.untilDecided(LIMIT_MS);
      await scene.expectDecidedRight();
    });

    it('who was away for long takes the state over', async () => {
      const tuning = { checkpointInterval: 2, windowSlots: 4, maxInFlightSlots: 2 };
      const scene = await sceneOf([], tuning);
      scene.node(3).setAway(true);
      for (const round of [1, 2, 3, 4]) {
        await scene.decide(
          VALUES.map((value) => `${value} ${round}`),
          LIMIT_MS,
        );
      }
      scene.node(3).setAway(false);
      await scene.decide(['all are here'], LIMIT_MS);
      await scene.expectDecidedRight();
    });
  },
);

/** Digests of the batch that the first primary proposed in the first slot. */
function requestsProposedFirst({ said }: Scene): readonly string[] {
  for (const { message } of said) {
    if (message.kind === 'pre-prepare' && message.sequence === 1) return message.requests;
  }
  throw new Error('nothing was proposed in the first slot');
}
