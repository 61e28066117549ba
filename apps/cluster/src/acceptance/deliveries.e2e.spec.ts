/** Issue 2, acceptance: deliveries per decision, as the broker counts them. */

import { describe, expect, it } from 'vitest';
import type { ClusterOptions } from '../options/cluster-options.js';
import { decide } from './support/http.contract.js';
import { freshRedis } from './support/redis.contract.js';
import { startedCluster, untilLevel } from './support/test-cluster.contract.js';

const WARM_UP = 3;
const DECISIONS = 10;

/** Deliveries per decision once the cluster has settled; nothing but requests is asked of it. */
async function deliveriesPerDecision(options: Partial<ClusterOptions>): Promise<number> {
  const cluster = await startedCluster(options);
  for (let request = 1; request <= WARM_UP; request += 1) {
    await decide(cluster.gatewayUrl, request);
  }
  await untilLevel(cluster.nodes, WARM_UP);
  const before = await cluster.traffic();
  for (let request = 1; request <= DECISIONS; request += 1) {
    await decide(cluster.gatewayUrl, request);
  }
  await untilLevel(cluster.nodes, WARM_UP + DECISIONS);
  const after = await cluster.traffic();
  return (after.deliveries - before.deliveries) / DECISIONS;
}

function expectLinear(n: number, deliveries: number): void {
  expect(deliveries).toBeGreaterThan(4 * n);
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
