/**
 * The first request that users of the program which this one follows send: to the commander's own
 * port, whatever way the cluster was started.
 */

import { describe, expect, it } from 'vitest';
import { call, expectProblem } from './support/http.testkit.js';
import {
  needsBuild,
  startGatewayProgram,
  startNodeProgram,
  startProgram,
} from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';

needsBuild();

const DATA = { data: 'very-important-data' };
/** `nest start` compiles first. */
const COMPILE_TIMEOUT_MS = 100_000;

async function preprepare(url: string) {
  return call(url, 'POST', '/preprepare', { json: DATA });
}

/** Node 0 is the commander; node 1 says so. */
async function expectDecidedAt(urls: readonly string[], gatewayUrl: string): Promise<void> {
  const [commander = '', other = ''] = urls;
  const answer = await preprepare(commander);
  expect(answer).toMatchObject({ status: 200, body: { status: 'decided', sequence: 1 } });
  // What the gateway kept of it is what was answered.
  const found = await call(gatewayUrl, 'GET', `/requests/${String(answer.body.id)}`);
  expect(found.body).toEqual(answer.body);
  const refused = await call(commander, 'POST', '/preprepare', { text: '{"data":1e400}' });
  expectProblem(refused, 400, 'invalid-request');
  const body = expectProblem(await preprepare(other), 409, 'not-primary');
  expect(body.commander).toMatchObject({ id: 0 });
}

describe('POST /preprepare at the commander’s own port', () => {
  it.each([
    ['npm start', []],
    ['npm start -- --broker redis --processes', ['--broker', 'redis', '--processes']],
  ])('G4: is decided with %s', async (_, options) => {
    const redis = options.length === 0 ? undefined : await startedRedis();
    const started = startProgram(
      ['dist/programs/cluster.js', '--gateway-port', '0', '--node-port', '0', ...options],
      redis === undefined ? {} : { REDIS_URL: redis.url },
    );
    const gatewayUrl = await started.says(/Gateway running on (http:\S+)/);
    const urls = await Promise.all(
      [0, 1].map((id) => started.says(new RegExp(`Node ${id} started on (http:\\S+)`))),
    );
    await expectDecidedAt(urls, gatewayUrl);
  });

  it('G4: is decided with node and gateway programs, as compose starts them', async () => {
    const redis = await startedRedis();
    const gateway = await startGatewayProgram({ REDIS_URL: redis.url });
    const environment = { REDIS_URL: redis.url, GATEWAY_URL: gateway.url };
    const nodes = await Promise.all(
      [0, 1, 2, 3].map((id) => startNodeProgram({ ...environment, NODE_ID: String(id) })),
    );
    await expectDecidedAt(
      nodes.map(({ url }) => url),
      gateway.url,
    );
  });

  it('G4: is decided with nest start', async () => {
    const redis = await startedRedis();
    const gateway = await startGatewayProgram({ REDIS_URL: redis.url });
    const environment = { REDIS_URL: redis.url, GATEWAY_URL: gateway.url };
    const others = await Promise.all(
      [1, 2, 3].map((id) => startNodeProgram({ ...environment, NODE_ID: String(id) })),
    );
    const nest = startProgram(['node_modules/@nestjs/cli/bin/nest.js', 'start', 'node'], {
      ...environment,
      NODE_HTTP_PORT: '0',
    });
    const commander = await nest.says(/Node 0 started on (http:\S+)/, COMPILE_TIMEOUT_MS);
    await expectDecidedAt([commander, others[0]?.url ?? ''], gateway.url);
  }, 240_000);
});
