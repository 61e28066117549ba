/** Issue 13: nodes and a gateway that have another cluster file say so, and the rest goes on. */

import { describe, expect, it, vi } from 'vitest';
import { clusterFile } from './support/files.testkit.js';
import { call, decide, expectProblem } from './support/http.testkit.js';
import { needsBuild, startGatewayProgram, startNodeProgram } from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';
import { expectDecidedRight } from './support/replay.testkit.js';

needsBuild();

const NOTICED_MS = 10_000;
const TUNING = { checkpointInterval: 16, windowSlots: 32 } as const;
const OTHER = { ...TUNING, clientWindow: 16 } as const;
const APART =
  /takes no part: nodes .* have another cluster file than this node, with other clientWindow/;
const OTHER_CODEC =
  /takes no part: nodes .* have another cluster file than this node, with other codec/;

type Node = Awaited<ReturnType<typeof startNodeProgram>>;

async function started(
  files: readonly string[],
  gatewayFile: string,
  { codecs = [], gatewayCodec = '' }: { codecs?: readonly string[]; gatewayCodec?: string } = {},
) {
  const { url: REDIS_URL } = await startedRedis();
  const startNode = (id: number, CCRO_CONFIG: string): Promise<Node> =>
    startNodeProgram({
      ...{ REDIS_URL, CCRO_CONFIG, NODE_ID: String(id), CODEC: codecs[id] ?? '' },
    });
  const nodes = await Promise.all(files.map((file, id) => startNode(id, file)));
  const gateway = await startGatewayProgram({
    ...{ REDIS_URL, CCRO_CONFIG: gatewayFile, CODEC: gatewayCodec },
  });
  return { nodes, gateway, startNode };
}

/** Waits until the node says in its readiness, its status and its log that it takes no part. */
async function expectApart({ url, program }: Node, why = APART): Promise<void> {
  await vi.waitFor(
    async () => {
      const { body } = expectNotReady(await call(url, 'GET', '/health/ready'));
      expect(body.detail).toMatch(why);
    },
    { timeout: NOTICED_MS, interval: 50 },
  );
  const { body } = await call(url, 'GET', '/status');
  expect(body).toMatchObject({ takesPart: false, lastExecuted: 0 });
  expect(body.notReady).toMatch(why);
  await program.says(/(takes no part: nodes)/);
}

function expectNotReady(answer: Awaited<ReturnType<typeof call>>): typeof answer {
  expectProblem(answer, 503, 'not-ready');
  return answer;
}

describe('D7: real processes with different cluster files', () => {
  it('D7: one node of four takes no part and says why, the rest goes on; with the right file it is back', async () => {
    const right = await clusterFile({ tuning: TUNING });
    const other = await clusterFile({ tuning: OTHER });
    const { nodes, gateway, startNode } = await started([right, right, right, other], right);
    const [, , , odd] = nodes;
    if (odd === undefined) throw new Error('there is no node 3');
    await expectApart(odd);
    const data = Array.from({ length: 64 }, (_, index) => `request ${index}`);
    const answers = await Promise.all(data.map((each) => decide(gateway.url, each)));
    expect(odd.program.running).toBe(true);
    await nodes[0]?.program.says(/(node 3 has another cluster file than this node)/);
    expect((await call(gateway.url, 'GET', '/health/ready')).status).toBe(200);
    await odd.program.stop();
    const back = await startNode(3, right);
    await vi.waitFor(
      async () =>
        expect((await call(back.url, 'GET', '/status')).body.lastExecuted).toBeGreaterThan(0),
      { timeout: NOTICED_MS, interval: 50 },
    );
    await expectDecidedRight(gateway.url, data, answers);
  });

  it('D7: two of four: all say so, nothing is decided, none ends', async () => {
    const right = await clusterFile({ tuning: TUNING });
    const other = await clusterFile({ tuning: OTHER });
    const { nodes, gateway } = await started([right, right, other, other], right);
    for (const node of nodes) await expectApart(node);
    const answer = await call(gateway.url, 'GET', '/health/ready');
    expectProblem(answer, 503, 'settings-differ');
    expect(answer.body.settings).toEqual(['clientWindow']);
    for (const { program } of nodes) expect(program.running).toBe(true);
  });

  it('D7: a gateway with another file is not ready and says why', async () => {
    const right = await clusterFile({ tuning: TUNING });
    const { gateway } = await started(
      [right, right, right, right],
      await clusterFile({ tuning: OTHER }),
    );
    await gateway.program.says(/(another cluster file than this client, with other clientWindow)/);
    expectProblem(await call(gateway.url, 'GET', '/health/ready'), 503, 'settings-differ');
  });

  it('a cluster decides with the compact codec; one node with JSON takes no part and says why', async () => {
    const file = await clusterFile({ tuning: TUNING, codec: 'compact' });
    const { nodes, gateway } = await started([file, file, file, file], file, {
      codecs: ['', '', '', 'json'],
    });
    const [first, , , odd] = nodes;
    if (first === undefined || odd === undefined) throw new Error('there are four nodes');
    await expectApart(odd, OTHER_CODEC);
    const data = Array.from({ length: 64 }, (_, index) => `request ${index}`);
    const answers = await Promise.all(data.map((each) => decide(gateway.url, each)));
    await first.program.says(/(node 3 has another cluster file than this node)/);
    const { body } = await call(odd.url, 'GET', '/status');
    expect(body.rejects).toMatchObject({ 'other-codec': expect.any(Number) as number });
    await expectDecidedRight(gateway.url, data, answers);
  });

  it('a gateway with another codec is not ready and says why', async () => {
    const file = await clusterFile({ tuning: TUNING });
    const { gateway } = await started([file, file, file, file], file, { gatewayCodec: 'compact' });
    await gateway.program.says(/(another cluster file than this client, with other codec)/);
    const answer = await call(gateway.url, 'GET', '/health/ready');
    expectProblem(answer, 503, 'settings-differ');
    expect(answer.body.settings).toEqual(['codec']);
  });
});
