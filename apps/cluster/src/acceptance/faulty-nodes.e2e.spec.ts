/** Issue 2, acceptance: f offline or f falsifying ordinary nodes (scenarios 24, 25 and 27). */

import { describe, expect, it, vi } from 'vitest';
import type { DecidedAnswer } from '../gateway-api.js';
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

const DATA = ['very-important-data', { nested: [1, null] }, 3];

describe.each(['embedded', 'redis'] as const)('on the %s broker', (broker) => {
  const redis = broker === 'redis' ? freshRedis() : () => ({ url: '' });

  describe.each(['pbft', 'ccro'] as const)('%s', (mode) => {
    it.each([
      [4, 'offline'],
      [4, 'falsify'],
      [4, 'false-replies'],
      [31, 'offline'],
      [31, 'falsify'],
    ] as const)('n = %i, f nodes %s: all decided right, liars named', async (nodes, fault) => {
      const faults = withFaulty(nodes, fault);
      const cluster = await startedCluster({ mode, broker, redisUrl: redis().url, ...faults });
      const answers: DecidedAnswer[] = [];
      for (const data of DATA) answers.push(await decide(cluster.gatewayUrl, data));
      await untilLevel(cluster.honest, DATA.length);
      await expectDecidedRight(cluster.gatewayUrl, DATA, answers);
      const liars = fault === 'falsify' ? faults.faulty : [];
      await vi.waitFor(
        async () => expect(await accused(cluster, ['vote-against-decision'])).toEqual(liars),
        { timeout: PATIENCE_MS, interval: 100 },
      );
      expect(await accused(cluster, ['conflicting-votes', 'conflicting-proposals'])).toEqual([]);
    });
  });
});
