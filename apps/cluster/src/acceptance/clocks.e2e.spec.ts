/** Issue 13, acceptance: clocks that were wrong, and are put right. */

import { SteppedClock } from '@ccro/process-cluster';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryDirectory } from './support/files.testkit.js';
import { call, decide } from './support/http.testkit.js';
import {
  needsBuild,
  startGatewayProgram,
  startNodeProgram,
  startProgram,
  type Program,
} from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';

needsBuild();

const START = [
  'dist/programs/cluster.js',
  ...['--gateway-port', '0', '--node-port', '0', '--request-timeout', '30000'],
];
const DAY_MS = 86_400_000;
/** More than the replicas remember executed timestamps of one client. */
const BATCHES = 5;
const BATCH = 1024;
const TIMEOUT_MS = 180_000;
const PATIENCE_MS = 20_000;

/** What a program is given so that its clock is off. */
async function offBy(ms: number): Promise<{ readonly NODE_OPTIONS: string }> {
  const { nodeOption } = await SteppedClock.at(join(await temporaryDirectory(), 'clock'), ms);
  return { NODE_OPTIONS: nodeOption };
}

/** `npm start` on a machine whose clock is off. */
async function start(
  directory: string,
  offByMs: number,
): Promise<{ readonly program: Program; readonly url: string }> {
  const program = startProgram([...START, '--data-dir', directory], await offBy(offByMs));
  return { program, url: await program.says(/Gateway running on (http:\S+)/) };
}

describe('a clock that was wrong', () => {
  it(
    'E2: was a day ahead for more requests than are remembered: when it is right again all goes on',
    async () => {
      const directory = await temporaryDirectory();
      const ahead = await start(directory, DAY_MS);
      for (let batch = 0; batch < BATCHES; batch += 1) {
        const requests = Array.from({ length: BATCH }, (_, index) => ({ data: index }));
        const answer = await call(ahead.url, 'POST', '/requests/batch', { json: { requests } });
        expect(answer.status).toBe(200);
      }
      const { id: last } = await decide(ahead.url, 'ahead');
      await ahead.program.stop();

      const right = await start(directory, 0);
      const { id: first } = await decide(right.url, 'right');
      const timestampIn = (id: string): number => Number(id.split('-').at(-1));
      expect(timestampIn(last)).toBeGreaterThan((Date.now() + DAY_MS / 2) * 1000);
      expect(timestampIn(first)).toBeGreaterThan(timestampIn(last));
      await right.program.stop();

      const again = await start(directory, 0);
      const { id: second } = await decide(again.url, 'right again');
      expect(timestampIn(second)).toBeGreaterThan(timestampIn(first));
    },
    TIMEOUT_MS,
  );
});

describe('one clock that is off', () => {
  it.each([
    { who: 'gateway', offByMs: DAY_MS },
    { who: 'gateway', offByMs: -DAY_MS },
    { who: 'node', offByMs: DAY_MS },
    { who: 'node', offByMs: -DAY_MS },
  ])(
    'E1: that of a $who, by $offByMs ms: all nodes answer, all is decided, receipts hold, and so after it is right',
    async ({ who, offByMs }) => {
      const { url: REDIS_URL } = await startedRedis();
      const startNode = async (id: number, ms: number) =>
        startNodeProgram({ REDIS_URL, NODE_ID: String(id), ...(await offBy(ms)) });
      const startGateway = async (ms: number) =>
        startGatewayProgram({ REDIS_URL, ...(await offBy(ms)) });
      const odd = await startNode(3, who === 'node' ? offByMs : 0);
      await Promise.all([0, 1, 2].map((id) => startNode(id, 0)));
      const gateway = await startGateway(who === 'gateway' ? offByMs : 0);
      await expectWell(gateway.url, 'off');

      const { program } = who === 'node' ? odd : gateway;
      await program.stop();
      if (who === 'node') {
        await startNode(3, 0);
        await expectWell(gateway.url, 'right');
      } else {
        await expectWell((await startGateway(0)).url, 'right');
      }
    },
    TIMEOUT_MS,
  );
});

async function expectWell(url: string, data: string): Promise<void> {
  await vi.waitFor(
    async () => {
      expect((await call(url, 'GET', '/health/ready')).status).toBe(200);
      const { body } = await call(url, 'GET', '/status');
      expect(body.up).toEqual([0, 1, 2, 3]);
    },
    { timeout: PATIENCE_MS, interval: 100 },
  );
  const { id } = await decide(url, data);
  const receipt = await call(url, 'GET', `/requests/${id}/receipt`);
  expect(receipt.status).toBe(200);
}
