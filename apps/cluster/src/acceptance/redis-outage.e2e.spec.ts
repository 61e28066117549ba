/** Issue 2, acceptance: Redis stops and comes back (scenarios 49 and 50). */

import { describe, expect, it, vi } from 'vitest';
import type { DecidedAnswer } from '../gateway-api.js';
import { call, decide, expectProblem } from './support/http.testkit.js';
import { needsBuild, startGatewayProgram, startNodeProgram } from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';
import { expectDecidedRight } from './support/replay.testkit.js';
import { PATIENCE_MS, startedCluster, untilLevel } from './support/test-cluster.testkit.js';

needsBuild();

const REQUEST_TIMEOUT_MS = 3000;

interface Participants {
  readonly gatewayUrl: string;
  readonly nodes: readonly { readonly url: string }[];
}

function inThisProcess(redisUrl: string): Promise<Participants> {
  return startedCluster({ broker: 'redis', redisUrl, requestTimeoutMs: REQUEST_TIMEOUT_MS });
}

async function inProcessesOfTheirOwn(redisUrl: string): Promise<Participants> {
  const environment = { REDIS_URL: redisUrl };
  const nodes = await Promise.all([0, 1, 2, 3].map(() => startNodeProgram(environment)));
  const { url } = await startGatewayProgram({
    ...environment,
    REQUEST_TIMEOUT_MS: String(REQUEST_TIMEOUT_MS),
  });
  return { gatewayUrl: url, nodes };
}

describe.each([
  ['nodes in this process', inThisProcess],
  ['nodes in processes of their own', inProcessesOfTheirOwn],
])('Redis stopped, %s', (_, start) => {
  it('POST answers 503 in time; with Redis back everyone recovers', async () => {
    const redis = await startedRedis();
    const { gatewayUrl, nodes } = await start(redis.url);
    const before = await decide(gatewayUrl, 'before');

    await redis.kill();
    await vi.waitFor(async () => {
      const readiness = await call(gatewayUrl, 'GET', '/health/ready');
      expectProblem(readiness, 503, 'broker-unreachable');
      const earlier = await call(gatewayUrl, 'GET', `/requests/${before.id}`);
      expectProblem(earlier, 503, 'broker-unreachable');
    });
    const startedAt = performance.now();
    const answer = await call(gatewayUrl, 'POST', '/requests', { json: { data: 'meanwhile' } });
    expect(performance.now() - startedAt).toBeLessThan(REQUEST_TIMEOUT_MS);
    expect(expectProblem(answer, 503, 'broker-unreachable')).toMatchObject({ accepted: 'no' });
    expect((await call(gatewayUrl, 'GET', '/health/live')).status).toBe(200);

    await redis.restart();
    await vi.waitFor(
      async () => {
        const found = await call(gatewayUrl, 'GET', `/requests/${before.id}`);
        expect(found).toMatchObject({ status: 200, body: before });
      },
      { timeout: PATIENCE_MS, interval: 50 },
    );
    const after = await decide(gatewayUrl, 'after');
    await untilLevel(nodes, after.sequence);
    await vi.waitFor(async () => {
      expect(await call(gatewayUrl, 'GET', '/health/ready')).toMatchObject({
        status: 200,
        body: { nodes: { up: 4, required: 3 } },
      });
    });
    await expectDecidedRight(gatewayUrl, ['before', 'after'], [before, after]);
  });

  it('several outages under load lose and repeat nothing', async () => {
    const redis = await startedRedis();
    const { gatewayUrl } = await start(redis.url);
    const accepted = new Map<string, string>();
    /** The connection broke while these were written: the gateway could not tell. */
    const uncertain = new Map<string, string>();
    let going = true;
    const load = async (worker: number): Promise<void> => {
      for (let count = 1; going; count += 1) {
        const data = `${worker}/${count}`;
        const { status, body } = await call(gatewayUrl, 'POST', '/requests', { json: { data } });
        expect([200, 503, 504]).toContain(status);
        if (body['accepted'] === 'unknown') uncertain.set(String(body['id']), data);
        else if (body['accepted'] !== 'no') accepted.set(String(body['id']), data);
      }
    };
    const workers = [1, 2, 3, 4].map(load);
    for (let outage = 1; outage <= 3; outage += 1) {
      const target = accepted.size + 20;
      await vi.waitFor(() => expect(accepted.size).toBeGreaterThan(target), {
        timeout: PATIENCE_MS,
      });
      await redis.kill();
      await redis.restart();
    }
    going = false;
    await Promise.all(workers);

    // Whatever was uncertain is settled before anything that comes after it is accepted.
    const last = await decide(gatewayUrl, 'last');
    accepted.set(last.id, 'last');
    for (const [id, data] of uncertain) {
      const { status } = await call(gatewayUrl, 'GET', `/requests/${id}`);
      if (status === 200) accepted.set(id, data);
    }
    const ids = [...accepted.keys()];
    const answers = await vi.waitFor(
      async () => {
        const found = await Promise.all(
          ids.map((id) => call(gatewayUrl, 'GET', `/requests/${id}`)),
        );
        const pending = found.filter(({ body }) => body['status'] !== 'decided');
        expect(pending.map(({ body }) => body)).toEqual([]);
        return found.map(({ body }) => body as unknown as DecidedAnswer);
      },
      { timeout: PATIENCE_MS, interval: 200 },
    );
    await expectDecidedRight(gatewayUrl, [...accepted.values()], answers);
  });
});
