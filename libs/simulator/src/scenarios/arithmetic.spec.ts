/** Scenarios 72 and 73: the sizes of clusters, and clocks that go wrong. */

import { maxFaulty, quorumSize, weakQuorumSize } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { CLUSTERS, Scene } from './scene.testkit.js';

const UNDISTURBED_MS = 100;
const REPLACED_MS = 3_000;
const SIZES = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13];

describe.each(['pbft', 'ccro'] as const)('sizes: %s', (mode) => {
  it.each(SIZES)('72: n = %i: decided with f down, not with f + 1, and again with f', async (n) => {
    const f = maxFaulty(n);
    expect(2 * quorumSize(n) - n).toBeGreaterThanOrEqual(f + 1);
    expect(n - f).toBeGreaterThanOrEqual(quorumSize(n));
    expect(weakQuorumSize(n)).toBe(f + 1);
    const scene = await Scene.of({ mode, n });
    const ordinary = scene.first(n, 0, scene.collector).toReversed();
    const [one = 0, ...others] = ordinary.slice(0, f + 1);
    for (const id of others) scene.node(id).crash();
    await scene.decide(['with f down'], UNDISTURBED_MS);
    scene.node(one).crash();
    scene.cluster.submit('with more down');
    await scene.pass(1_500);
    const isShort = n - f - 1 < quorumSize(n);
    expect(scene.outcomes).toHaveLength(isShort ? 1 : 2);
    scene.node(one).restart();
    await scene.untilDecided(2 * REPLACED_MS);
    for (const id of others) scene.node(id).restart();
    await scene.decide(['with all'], 2 * REPLACED_MS);
    await scene.expectDecidedRight();
  });

  it.each(SIZES)('72: n = %i: f that vote for another digest never make a quorum', async (n) => {
    const f = maxFaulty(n);
    const liars = Array.from({ length: f }, (_, index) => n - 1 - index);
    const scene = await Scene.of({ mode, n, faulty: new Map(liars.map((id) => [id, 'falsify'])) });
    await scene.decide(['a', 'b'], REPLACED_MS);
    await scene.expectDecidedRight();
    for (const { sequence, batch } of scene.outcomes) expect(batch).toBe(scene.proposed(sequence));
  });
});

describe.each(CLUSTERS)('clocks: $mode, n = $n', ({ mode, n }) => {
  const skews: [string, (id: number) => number][] = [
    ['a slow primary', (id) => (id === 0 ? 0.5 : 1.2)],
    ['a fast primary', (id) => (id === 0 ? 2 : 0.8)],
    ['one backup twice as fast', (id) => (id === n - 1 ? 2 : 1)],
    ['no two alike', (id) => 0.7 + (id * 0.7) / n],
  ];
  it.each(skews)('73: clock skew, %s: decided without another view', async (_, rateOf) => {
    const clockRates = Array.from({ length: n }, (__, id) => rateOf(id));
    const scene = await Scene.of({ mode, n, clockRates });
    for (const value of ['a', 'b', 'c']) {
      await scene.decide([value], UNDISTURBED_MS);
      await scene.pass(1_000);
    }
    await scene.expectDecidedRight();
    expect(scene.viewsAskedFor).toEqual([]);
  });

  it.each(skews)('73: clock skew, %s, and a silent primary: one view change', async (_, rateOf) => {
    const clockRates = Array.from({ length: n }, (__, id) => rateOf(id));
    const faulty = new Map([[0, 'offline']] as const);
    const scene = await Scene.of({ mode, n, clockRates, faulty });
    await scene.decide(['a', 'b'], 2 * REPLACED_MS);
    await scene.expectDecidedRight();
    expect(scene.viewsAskedFor).toEqual([1]);
  });
});
