import { describe, expect, it } from 'vitest';
import { SimulatedCluster } from './simulated-cluster.js';

describe.each(['pbft', 'ccro'] as const)('%s, normal case (PBFT, section 4.2)', (mode) => {
  it.each([1, 2, 3, 4, 5, 7, 13])('n = %i: everyone executes the same', async (nodes) => {
    const cluster = new SimulatedCluster({ seed: nodes, mode, nodes });
    await cluster.start();
    cluster.submit('a', 'b', 'c');
    expect(await cluster.decide(3, 5_000)).toBe(true);
    expect(await cluster.level(1, 5_000)).toBe(true);
    expect(cluster.checkers.violations).toEqual([]);
    expect(new Set(cluster.nodes.map((node) => node.status().ledgerHead)).size).toBe(1);
    const decided = [...cluster.checkers.decided.values()].flat();
    expect(new Set(decided.map(({ timestamp }) => timestamp))).toEqual(new Set([1, 2, 3]));
  });
});
