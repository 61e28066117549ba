/** Nodes that were given another cluster file: they say so, take no part, and the rest goes on. */

import { describe, expect, it } from 'vitest';
import { CLUSTERS, Scene } from './scene.testkit.js';

const NOTICED_MS = 20;
const REPLACED_MS = 3_000;
const SHORT = { checkpointInterval: 4, windowSlots: 16, maxBatchRequests: 2 } as const;
const OTHER = { clientWindow: 4 } as const;
/** More at a time than the other window holds: executing them comes to another state. */
const MANY = Array.from({ length: 24 }, (_, index) => `${index}`);

describe.each(CLUSTERS)('nodes with another cluster file: $mode, n = $n', ({ mode, n }) => {
  const takingPart = (scene: Scene): number[] =>
    scene.honest.filter((node) => node.status().takesPart).map(({ id }) => id);
  const inWhat = (scene: Scene, id: number): string[] => [
    ...new Set(
      scene
        .node(id)
        .status()
        .differing.flatMap(({ settings }) => settings),
    ),
  ];

  const isApart = (scene: Scene, id: number): boolean =>
    scene.node(id).status().differing.length > n - scene.quorum;

  it.each([0, n - 1])('D7: node %i alone takes no part, and does again', async (odd) => {
    const scene = await Scene.of({ mode, n, tuning: SHORT, drifted: new Map([[odd, OTHER]]) });
    await scene.until('noticed', () => takingPart(scene).length === n - 1, NOTICED_MS);
    await scene.until('said', () => isApart(scene, odd), NOTICED_MS);
    expect(takingPart(scene)).not.toContain(odd);
    expect(inWhat(scene, odd)).toEqual(['clientWindow']);
    const said = scene.said.length;
    await scene.decide(MANY, 2 * REPLACED_MS);
    expect(
      scene.said
        .slice(said)
        .filter(({ from, message }) => from === odd && message.kind !== 'status'),
    ).toEqual([]);
    for (const { id } of scene.honest) {
      if (id !== odd) {
        const isStable = () => scene.node(id).status().stableCheckpoint > 0;
        await scene.until('a checkpoint is stable', isStable);
      }
      const { takesPart, lastExecuted } = scene.node(id).status();
      expect(takesPart).toBe(id !== odd);
      expect(lastExecuted > 0).toBe(id !== odd);
    }
    scene.expectSound();
    scene.cluster.restartWith(odd);
    await scene.expectDecidedRight();
    expect(takingPart(scene)).toHaveLength(n);
  });

  it('D7: more than n − Q make two camps: nothing is decided, nothing diverges, until one gives in', async () => {
    const camp = tooMany(n);
    const drifted = new Map(camp.map((id) => [id, OTHER]));
    const scene = await Scene.of({ mode, n, tuning: SHORT, drifted });
    const areApart = (): boolean => scene.honest.every(({ id }) => isApart(scene, id));
    await scene.until('said', areApart, NOTICED_MS);
    for (const { id } of scene.honest) expect(inWhat(scene, id)).toEqual(['clientWindow']);
    scene.cluster.submit(...MANY);
    await scene.pass(REPLACED_MS);
    expect(scene.outcomes).toEqual([]);
    expect(scene.viewsAskedFor).toEqual([]);
    const [first = 0, ...others] = camp;
    scene.cluster.restartWith(first);
    await scene.untilDecided(4 * REPLACED_MS);
    expect(takingPart(scene)).not.toContain(others[0]);
    for (const id of others) scene.cluster.restartWith(id);
    await scene.expectDecidedRight();
  });

  it('D7: one that comes late, into load, executes nothing', async () => {
    const odd = n - 1;
    const scene = await Scene.of({ mode, n, tuning: SHORT });
    scene.node(odd).crash();
    await scene.decide(MANY.slice(0, 8));
    scene.cluster.submit(...MANY);
    scene.cluster.restartWith(odd, OTHER);
    await scene.untilDecided(REPLACED_MS);
    await scene.until('said', () => isApart(scene, odd), NOTICED_MS);
    expect(scene.node(odd).status().lastExecuted).toBe(0);
    scene.cluster.restartWith(odd);
    await scene.expectDecidedRight();
  });

  it('D7: f liars who claim other settings, and answer so, keep nobody from taking part', async () => {
    const liars = tooMany(n).slice(1);
    const scene = await Scene.of({ mode, n, faulty: liars });
    for (const liar of liars) {
      scene.corrupt(liar, (send) => {
        const { message } = send;
        const lies = message.kind === 'status' && { settings: ['mode:0000000000000000'] };
        return [{ ...send, message: { ...message, ...lies } as typeof message }];
      });
      scene.node(liar).setAway(true);
      scene.node(liar).setAway(false);
    }
    await scene.decide(['a', 'b'], 2 * REPLACED_MS);
    await scene.until('the liars are heard', () =>
      scene.honest.every((node) => node.status().differing.length === liars.length),
    );
    expect(takingPart(scene)).toEqual(scene.honest.map(({ id }) => id));
    await scene.decide(['c']);
    await scene.expectDecidedRight();
  });

  it('D7, sibling: what all said under the settings they had before, and somebody repeats, stops nobody', async () => {
    const drifted = new Map(Array.from({ length: n }, (_, id) => [id, OTHER]));
    const scene = await Scene.of({ mode, n, tuning: SHORT, drifted });
    await scene.pass(5_000);
    for (const { id } of scene.honest) scene.cluster.restartWith(id);
    const old = scene.said.filter(({ message }) => message.kind === 'status');
    expect(old.length).toBeGreaterThan(n);
    for (let times = 0; times < 5; times += 1) {
      for (const { payload } of old) scene.publish('outsider', 'all', payload);
      await scene.pass(300);
    }
    expect(takingPart(scene)).toHaveLength(n);
    await scene.decide(['a']);
    await scene.expectDecidedRight();
  });
});

/** n − Q + 1 nodes, the first collector's among them. */
function tooMany(n: number): number[] {
  const f = Math.floor((n - 1) / 3);
  const quorum = Math.ceil((n + f + 1) / 2);
  return Array.from({ length: n - quorum + 1 }, (_, index) => index + 2);
}
