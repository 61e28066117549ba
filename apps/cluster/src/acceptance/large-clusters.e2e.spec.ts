/** Issue 2, acceptance: n = 91 with thirty offline or thirty falsifying nodes, on one machine. */

import { describe, expect, it, vi } from 'vitest';
import { decide } from './support/http.testkit.js';
import { freshRedis } from './support/redis.testkit.js';
import { expectDecidedRight } from './support/replay.testkit.js';
import {
  accused,
  PATIENCE_MS,
  startedCluster,
  untilLevel,
  withFaulty,
} from './support/test-cluster.testkit.js';

const NODES = 91;
const PATIENCE_FOR_MANY_MS = 3 * PATIENCE_MS;

describe.each(['embedded', 'redis'] as const)('on the %s broker', (broker) => {
  const redis = broker === 'redis' ? freshRedis() : () => ({ url: '' });

  it.each(['offline', 'falsify'] as const)(
    `n = ${NODES}, f = 30 %s: decided`,
    async (fault) => {
      const faults = withFaulty(NODES, fault);
      expect(faults.faulty).toHaveLength(30);
      const startedAt = performance.now();
      const cluster = await startedCluster({
        ...{ broker, redisUrl: redis().url, ...faults },
        requestTimeoutMs: PATIENCE_FOR_MANY_MS,
      });
      const startMs = performance.now() - startedAt;
      const answer = await decide(cluster.gatewayUrl, 'very-important-data');
      await untilLevel(cluster.honest, 1, PATIENCE_FOR_MANY_MS);
      await expectDecidedRight(cluster.gatewayUrl, ['very-important-data'], [answer]);
      const liars = fault === 'falsify' ? faults.faulty : [];
      await vi.waitFor(
        async () => expect(await accused(cluster, ['vote-against-decision'])).toEqual(liars),
        { timeout: PATIENCE_FOR_MANY_MS, interval: 500 },
      );
      console.info(
        `n = ${NODES}, thirty ${fault}, ${broker}: decided in ` +
          `${(answer.consensusTimeMs / 1000).toFixed(3)} s (${(startMs / 1000).toFixed(1)} s to start)`,
      );
    },
    180_000,
  );
});
