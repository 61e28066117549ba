/** Issue 13, F1: whatever ends one process of `npm start` ends none of the others. */

import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { call } from './support/http.testkit.js';
import { needsBuild, startProgram, type Program } from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';
import { statusOf } from './support/test-cluster.testkit.js';

needsBuild();

const FREE_PORTS = ['--gateway-port', '0', '--node-port', '0'];
const BACK_WITHIN_MS = 10_000;

interface Launched {
  readonly program: Program;
  readonly gateway: string;
  readonly nodes: readonly string[];
}

async function launched(...options: string[]): Promise<Launched> {
  const program = startProgram(['dist/programs/cluster.js', ...FREE_PORTS, ...options]);
  const gateway = await program.says(/^Gateway running on (http:\S+)$/m);
  const lines = [...program.stdout.matchAll(/^Node \d+ started on (http:\S+)$/gm)];
  return { program, gateway, nodes: lines.map(([, url = '']) => url) };
}

/** Process id of the node with this id that `launcher` runs at the moment. */
async function pidOfNode(launcher: Program, id: number): Promise<number> {
  const { pid } = launcher;
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  for (const child of children.trim().split(' ')) {
    const variables = (await readFile(`/proc/${child}/environ`, 'utf8')).split('\0');
    if (variables.includes(`NODE_ID=${id}`)) return Number(child);
  }
  throw new Error(`no process of node ${id} below ${pid}`);
}

/** Calls one after another on ten connections, until told to stop. @returns what failed */
function load(url: string): {
  readonly stop: () => Promise<{ decided: number; failed: string[] }>;
} {
  let going = true;
  const failed: string[] = [];
  let decided = 0;
  const worker = async (id: number): Promise<void> => {
    for (let index = 0; going; index += 1) {
      const json = { data: `${id}-${index}` };
      const answer = await call(url, 'POST', '/requests', { json }).catch(String);
      if (typeof answer !== 'string' && answer.status === 200) decided += 1;
      else failed.push(JSON.stringify(answer));
    }
  };
  const workers = Array.from({ length: 10 }, (_, id) => worker(id));
  return {
    stop: async () => {
      going = false;
      await Promise.all(workers);
      return { decided, failed };
    },
  };
}

describe('npm start -- --broker redis --processes', () => {
  it('F1: kill -9 of any node under load: no call fails, it is back within 10 s, the terminal says so', async () => {
    const redis = await startedRedis();
    const options = ['--processes', '--broker', 'redis', '--redis-url', redis.url];
    // A call may outlast a view change on a machine that is busy with other tests.
    const { program, gateway, nodes } = await launched(...options, '--request-timeout', '20000');
    const calls = load(gateway);
    for (const [id, url] of nodes.entries()) {
      const pid = await pidOfNode(program, id);
      const { lastExecuted } = await statusOf({ url });
      process.kill(pid, 'SIGKILL');
      const killedAt = performance.now();
      await program.says(
        new RegExp(`^(node ${id} ended \\(SIGKILL\\)\\. Starting it again\\.)$`, 'm'),
      );
      await program.says(new RegExp(`^(node ${id} is back\\.)$`, 'm'), BACK_WITHIN_MS);
      expect(performance.now() - killedAt).toBeLessThan(BACK_WITHIN_MS);
      // At its old address, with what it knew before, and level with the others again.
      await vi.waitFor(
        async () => {
          const [own, other] = await Promise.all([
            statusOf({ url }),
            statusOf({ url: nodes[(id + 1) % 4] ?? '' }),
          ]);
          expect(own.lastExecuted).toBeGreaterThan(lastExecuted);
          expect(other.lastExecuted - own.lastExecuted).toBeLessThan(200);
        },
        { timeout: 20_000, interval: 100 },
      );
    }
    const { decided, failed } = await calls.stop();
    expect(failed).toEqual([]);
    expect(decided).toBeGreaterThan(100);
    expect(program.running).toBe(true);
  }, 180_000);

  it('F1, sibling: the redis-server that it started is killed: it is started again, and all go on', async () => {
    const redis = await startedRedis();
    const { url } = redis;
    await redis.stop();
    const { program, gateway } = await launched('--broker', 'redis', '--redis-url', url);
    const pid = Number(await program.says(/started a local redis-server \(pid (\d+)\)/));
    process.kill(pid, 'SIGKILL');
    await program.says(/^(redis-server ended \(SIGKILL\)\. Starting it again\.)$/m);
    await program.says(/^(redis-server is back\.)$/m);
    await vi.waitFor(
      async () => {
        const answer = await call(gateway, 'POST', '/requests', { json: { data: 'after' } });
        expect(answer.status).toBe(200);
      },
      { timeout: 20_000, interval: 200 },
    );
    expect(program.running).toBe(true);
  });

  it('F1, sibling: killed itself, it leaves no node behind', async () => {
    const redis = await startedRedis();
    const options = ['--processes', '--broker', 'redis', '--redis-url', redis.url];
    const { program, nodes } = await launched(...options);
    program.kill();
    for (const url of nodes) {
      await vi.waitFor(() => expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed'), {
        timeout: 10_000,
        interval: 100,
      });
    }
  });
});
