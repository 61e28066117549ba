/** Issue 2, acceptance: f + 1 nodes offline, and one comes back. */

import { describe, expect, it } from 'vitest';
import { call, decide, expectProblem } from './support/http.testkit.js';
import { needsBuild, startGatewayProgram, startNodeProgram } from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';
import { expectDecidedRight } from './support/replay.testkit.js';
import { startedCluster, untilDecided } from './support/test-cluster.testkit.js';

/** Posts a request that finds no quorum. @returns its id */
async function postInVain(gatewayUrl: string, data: string): Promise<string> {
  const answer = await call(gatewayUrl, 'POST', '/requests', { json: { data } });
  const { id } = expectProblem(answer, 504, 'decision-timeout');
  expect(id).toEqual(expect.stringMatching(/^gateway-\d+$/));
  expect(await call(gatewayUrl, 'GET', `/requests/${String(id)}`)).toMatchObject({
    status: 200,
    body: { id, status: 'pending' },
  });
  return String(id);
}

describe.each(['ccro', 'pbft'] as const)('%s, with f + 1 nodes offline', (mode) => {
  it.each([
    [4, [1, 3]],
    [7, [1, 2, 4]],
    // Commander and communication node among them.
    [4, [0, 2]],
  ])('n = %i, %j: 504 and pending; decided once one is back', async (nodes, offline) => {
    const options = { mode, nodes, faultInjection: true, requestTimeoutMs: 700 };
    const cluster = await startedCluster(options);
    const before = await decide(cluster.gatewayUrl, 'before');
    for (const id of offline) {
      const set = await cluster.call('PUT', `/nodes/${id}/fault`, { json: { kind: 'offline' } });
      expect(set).toMatchObject({ status: 200, body: { id, fault: 'offline' } });
    }
    const first = await postInVain(cluster.gatewayUrl, 'first');
    const second = await postInVain(cluster.gatewayUrl, 'second');

    const [back] = offline;
    const cleared = await cluster.call('DELETE', `/nodes/${back}/fault`);
    expect(cleared).toMatchObject({ status: 200, body: { id: back, fault: null } });
    const answers = [
      await untilDecided(cluster.gatewayUrl, first),
      await untilDecided(cluster.gatewayUrl, second),
    ];
    await expectDecidedRight(
      cluster.gatewayUrl,
      ['before', 'first', 'second'],
      [before, ...answers],
    );
  });
});

describe('with real processes', () => {
  needsBuild();

  it('a request pends while two of four run, and is decided when the third starts', async () => {
    const redis = await startedRedis();
    const environment = { REDIS_URL: redis.url };
    await startNodeProgram({ ...environment, NODE_ID: '0' });
    await startNodeProgram({ ...environment, NODE_ID: '1' });
    const { url } = await startGatewayProgram({ ...environment, REQUEST_TIMEOUT_MS: '700' });
    const id = await postInVain(url, 'early');
    await startNodeProgram({ ...environment, NODE_ID: '3' });
    await expectDecidedRight(url, ['early'], [await untilDecided(url, id)]);
  });
});
