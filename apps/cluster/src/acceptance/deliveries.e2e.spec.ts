/** Issue 2, acceptance: deliveries per decision, as the broker counts them. */

import { describe, expect, it } from 'vitest';
import type { ClusterOptions } from '../options/cluster-options.js';
import { decide } from './support/http.testkit.js';
import { freshRedis } from './support/redis.testkit.js';
import { startedCluster, untilLevel } from './support/test-cluster.testkit.js';

const WARM_UP = 3;
const DECISIONS = 15;

/**
 * What a decision usually takes, once the cluster has settled: the median, because on a busy
 * machine all nodes of this process may stall together and fall back to broadcasting for once.
 * Nothing but requests is asked of the cluster meanwhile.
 */
async function deliveriesPerDecision(options: Partial<ClusterOptions>): Promise<number> {
  const cluster = await startedCluster(options);
  const counts: number[] = [];
  for (let sequence = 1; sequence <= WARM_UP + DECISIONS; sequence += 1) {
    const before = await cluster.traffic();
    await decide(cluster.gatewayUrl, sequence);
    await untilLevel(cluster.nodes, sequence);
    const after = await cluster.traffic();
    counts.push(after.deliveries - before.deliveries);
  }
  const sorted = counts.slice(WARM_UP).sort((a, b) => a - b);
  return sorted[(DECISIONS - 1) / 2] ?? Number.NaN;
}

function expectLinear(n: number, deliveries: number): void {
  // One round of votes where all answer in time, two where not.
  expect(deliveries).toBeGreaterThanOrEqual(4 * n - 1);
  expect(deliveries).toBeLessThanOrEqual(6 * n + 8);
}

/** Two rounds of votes from everyone to everyone, and what else a decision takes. */
function expectQuadratic(n: number, deliveries: number): void {
  expect(deliveries).toBeGreaterThanOrEqual(2 * n * (n - 1));
  expect(deliveries).toBeLessThanOrEqual(2 * n * n + 6 * n);
}

describe('deliveries per decision on the embedded broker', () => {
  it.each([4, 7, 16, 31])('CCRO, n = %i: at most 6n + 8', async (nodes) => {
    expectLinear(nodes, await deliveriesPerDecision({ mode: 'ccro', nodes }));
  });

  it.each([4, 7, 16, 31])('PBFT, n = %i: quadratic', async (nodes) => {
    expectQuadratic(nodes, await deliveriesPerDecision({ mode: 'pbft', nodes }));
  });
});

describe('deliveries per decision over Redis, as PUBLISH counts receivers', () => {
  const redis = freshRedis();

  it.each([4, 7])('CCRO, n = %i: at most 6n + 8', async (nodes) => {
    const redisUrl = redis().url;
    expectLinear(
      nodes,
      await deliveriesPerDecision({ mode: 'ccro', nodes, broker: 'redis', redisUrl }),
    );
  });

  it.each([4, 7])('PBFT, n = %i: quadratic', async (nodes) => {
    const redisUrl = redis().url;
    expectQuadratic(
      nodes,
      await deliveriesPerDecision({ mode: 'pbft', nodes, broker: 'redis', redisUrl }),
    );
  });
});
