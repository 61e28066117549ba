/**
 * A node that was away for long (scenarios 63 and 64). `ABSENT_SLOTS=20000` makes it as long as the
 * requirement says; the way back does not depend on it, which is the point.
 */

import type { FaultKind } from '@ccro/faults';
import { describe, expect, it } from 'vitest';
import { SimulatedCluster } from './simulated-cluster.js';

const SLOTS = Number(process.env['ABSENT_SLOTS'] ?? 700);
const AWAY = 3;
/** The first source that node 3 asks when the nodes 0 to 2 signed the checkpoint. */
const LIAR = 0;
const LEVEL_WITHIN_MS = 30_000;

async function clusterWithAbsentee(
  faulty: ReadonlyMap<number, FaultKind>,
): Promise<SimulatedCluster> {
  const cluster = new SimulatedCluster({
    seed: 1,
    mode: 'ccro',
    nodes: 4,
    faulty,
    tuning: { maxBatchRequests: 1 },
  });
  await cluster.start();
  cluster.node(AWAY).setAway(true);
  for (let decided = 0; decided < SLOTS; decided += 500) {
    cluster.submit(...Array.from({ length: Math.min(500, SLOTS - decided) }, (_, index) => index));
    expect(await cluster.decide(cluster.submitted, 600_000)).toBe(true);
  }
  expect(cluster.node(AWAY).status().lastExecuted).toBe(0);
  return cluster;
}

function expectLevel(cluster: SimulatedCluster): void {
  const digests = cluster.nodes.map((node) => node.stateDigest());
  expect(new Set(digests).size).toBe(1);
  expect(cluster.checkers.violations).toEqual([]);
}

describe(`a node that was away for ${SLOTS} slots`, () => {
  it('is level within 30 s, with the same state', { timeout: 600_000 }, async () => {
    const cluster = await clusterWithAbsentee(new Map());
    cluster.node(AWAY).setAway(false);
    const backAtMs = performance.now();
    expect(await cluster.level(SLOTS, LEVEL_WITHIN_MS)).toBe(true);
    expect(performance.now() - backAtMs).toBeLessThan(LEVEL_WITHIN_MS);
    expectLevel(cluster);
  });

  it('is only delayed by a source that lies, and names it', { timeout: 600_000 }, async () => {
    const cluster = await clusterWithAbsentee(new Map([[LIAR, 'false-state']]));
    cluster.node(AWAY).setAway(false);
    expect(await cluster.level(SLOTS, LEVEL_WITHIN_MS)).toBe(true);
    expectLevel(cluster);
    const accused = cluster
      .node(AWAY)
      .evidence.entries()
      .filter(({ kind }) => kind === 'wrong-chunk');
    expect(accused.map((entry) => entry.accused)).toEqual([LIAR]);
  });
});
