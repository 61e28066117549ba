/** Issue 3, acceptance: what nodes stored outlives them (scenarios 57, 59 and 60). */

import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { DecidedAnswer } from '../gateway-api.js';
import { temporaryDirectory } from './support/files.testkit.js';
import { call, decide } from './support/http.testkit.js';
import {
  needsBuild,
  runProgram,
  startGatewayProgram,
  startNodeProgram,
  startProgram,
  type Program,
} from './support/programs.testkit.js';
import { startedRedis } from './support/redis.testkit.js';
import { replay, wholeLedger } from './support/replay.testkit.js';
import { statusOf, untilDecided, untilLevel } from './support/test-cluster.testkit.js';

needsBuild();

const NODE = 'dist/programs/node.js';
const START = [
  'dist/programs/cluster.js',
  ...['--gateway-port', '0', '--node-port', '0', '--request-timeout', '30000'],
];
const MEMBERS = [0, 1, 2, 3];
const TIMEOUT_MS = 120_000;

interface Started {
  readonly program: Program;
  readonly url: string;
  readonly nodes: readonly { readonly url: string }[];
}

/** `npm start` with options, once everything runs. */
async function start(...options: string[]): Promise<Started> {
  const program = startProgram([...START, ...options]);
  const url = await program.says(/Gateway running on (http:\S+)/);
  const nodes = await Promise.all(
    MEMBERS.map(async (id) => ({
      url: await program.says(new RegExp(`Node ${id} started on (http:\\S+)`)),
    })),
  );
  return { program, url, nodes };
}

async function put(url: string, key: string, value: unknown): Promise<void> {
  const answer = await call(url, 'PUT', `/kv/${key}`, { json: { value } });
  expect(answer).toMatchObject({ status: 200 });
}

async function get(url: string, key: string): Promise<unknown> {
  const { status, body } = await call(url, 'GET', `/kv/${key}`);
  expect(status).toBe(200);
  return body['value'];
}

/** What the gateway answered under load. */
interface Load {
  readonly decided: DecidedAnswer[];
  /** Ids of requests of which it said that they will be decided. */
  readonly accepted: unknown[];
}

/** Sends requests until they are no longer answered; waits for the outcome of every other one. */
async function sendUntilGone(url: string, { decided, accepted }: Load): Promise<void> {
  const headers = { prefer: 'respond-async' };
  for (let index = 0; ; index += 1) {
    const data = `under load ${index}`;
    try {
      if (index % 2 === 0) decided.push(await decide(url, data));
      else {
        const { status, body } = await call(url, 'POST', '/requests', { json: { data }, headers });
        expect(status).toBe(202);
        accepted.push(body['id']);
      }
    } catch (error) {
      if (error instanceof TypeError) return;
      throw error;
    }
  }
}

describe('a whole cluster that is killed and started again', () => {
  const ways = [
    ['in one process, fsync', () => Promise.resolve(['--broker', 'embedded'])],
    [
      'in one process, async',
      () => Promise.resolve(['--broker', 'embedded', '--durability', 'async']),
    ],
    ['over Redis, in processes of their own, CCRO', () => overRedis('--processes')],
    ['over Redis, PBFT', () => overRedis('--mode', 'pbft')],
  ] as const;
  const overRedis = async (...options: string[]): Promise<string[]> => {
    const { url } = await startedRedis();
    return ['--broker', 'redis', '--redis-url', url, ...options];
  };

  it.each(ways)(
    'has everything that was answered: %s',
    async (name, way) => {
      const options = [...(await way()), '--data-dir', await temporaryDirectory()];
      const first = await start(...options);
      await put(first.url, 'colour', 'green');
      const load: Load = { decided: [], accepted: [] };
      const { decided, accepted } = load;
      const gone = Promise.all(MEMBERS.map(() => sendUntilGone(first.url, load)));
      await untilLevelAtLeast(first, 60);
      await first.program.stop('SIGKILL');
      await gone;
      expect(Math.min(decided.length, accepted.length)).toBeGreaterThan(10);

      const second = await start(...options);
      expect(await get(second.url, 'colour')).toBe('green');
      // What is accepted outlives the gateway in Redis; the embedded broker has it in memory alone.
      if (name.startsWith('over Redis')) {
        for (const id of accepted) await untilDecided(second.url, id, TIMEOUT_MS / 2);
      }
      const replayed = await replay(second.url);
      for (const { id, sequence, digest, result } of decided) {
        const found = { id, ...replayed.get(id) };
        expect(found).toMatchObject({ id, sequence, digest, result });
      }
      const ledger = await wholeLedger(second.url);
      expect(ledger.map(({ sequence }) => sequence)).toEqual(
        ledger.map((_slot, index) => index + 1),
      );
      const next = await decide(second.url, 'afterwards');
      expect(next.sequence).toBeGreaterThan(Math.max(...decided.map(({ sequence }) => sequence)));
      await put(second.url, 'colour', 'blue');
      expect(await get(second.url, 'colour')).toBe('blue');
    },
    TIMEOUT_MS,
  );

  it(
    'goes on after an orderly end as well, across checkpoints and in the other mode',
    async () => {
      const directory = await temporaryDirectory();
      const options = ['--broker', 'embedded', '--data-dir', directory];
      const first = await start(...options);
      await put(first.url, 'colour', 'green');
      for (let index = 0; index < 140; index += 1) await decide(first.url, index);
      expect(await first.program.stop()).toMatchObject({ code: 0 });

      const second = await start(...options, '--mode', 'pbft');
      const { durability, lastExecuted, lowWatermark } = await statusOf(second.nodes[1]!);
      expect({ durability, lowWatermark }).toEqual({ durability: 'fsync', lowWatermark: 128 });
      expect(lastExecuted).toBeGreaterThanOrEqual(140);
      expect(await get(second.url, 'colour')).toBe('green');
      expect(await wholeLedger(second.url)).toHaveLength(142);
    },
    TIMEOUT_MS,
  );
});

async function untilLevelAtLeast({ nodes }: Started, sequence: number): Promise<void> {
  for (const node of nodes) {
    await expect
      .poll(async () => (await statusOf(node)).lastExecuted, { timeout: TIMEOUT_MS / 2 })
      .toBeGreaterThanOrEqual(sequence);
  }
}

describe('nodes as separate processes', () => {
  async function started(directory: string) {
    const redis = await startedRedis();
    const environment = { REDIS_URL: redis.url, DATA_DIR: directory };
    const own = (id: number) => ({ ...environment, NODE_ID: String(id) });
    const nodes = await Promise.all(MEMBERS.map((id) => startNodeProgram(own(id))));
    const gateway = await startGatewayProgram(environment);
    return { redis, nodes, gateway, own };
  }

  it('a node whose store is damaged does not start, and can be replaced', async () => {
    const directory = await temporaryDirectory();
    const { nodes, gateway, own } = await started(directory);
    const others = nodes.filter(({ id }) => id !== 3);
    await decide(gateway.url, 'before');
    await untilLevel(nodes, 1);
    await nodes[3]?.program.stop();
    await damageLogOf(join(directory, 'node-3'));

    for (const attempt of [1, 2]) {
      const refused = await runProgram([NODE], { ...own(3), NODE_HTTP_PORT: '0' });
      expect({ attempt, ...refused }).toMatchObject({ attempt, code: 1 });
      expect(refused.stderr).toMatch(
        /^node: the store in \S+node-3 is damaged: [^\n]+ Replace the node as docs\/OPERATIONS\.md [^\n]+\n$/,
      );
    }
    await decide(gateway.url, 'without it');
    await untilLevel(others, 2);

    await rm(join(directory, 'node-3'), { recursive: true });
    const replaced = await startNodeProgram(own(3));
    await decide(gateway.url, 'with another one');
    await untilLevel([...others, replaced], 3);
  }, 120_000);

  it('a killed node says what it restored, and takes part again', async () => {
    const { nodes, gateway, own } = await started(await temporaryDirectory());
    for (let index = 0; index < 5; index += 1) await decide(gateway.url, index);
    await untilLevel(nodes, 5);
    await nodes[0]?.program.stop('SIGKILL');
    const again = await startNodeProgram(own(0));
    expect(await again.program.says(/(restored 5 slots up to 5, view \d+)/)).toBeDefined();
    await decide(gateway.url, 'after');
    await untilLevel([again, ...nodes.slice(1)], 6);
  }, 120_000);

  it('a second process with the same id does not start, nor one with the same store', async () => {
    const directory = await temporaryDirectory();
    const { own } = await started(directory);
    const sameId = await runProgram([NODE], { ...own(1), NODE_HTTP_PORT: '0' });
    expect(sameId).toMatchObject({ code: 1, stderr: expect.stringMatching(/^node: [^\n]+\n$/) });

    const elsewhere = await startedRedis();
    const sameStore = await runProgram([NODE], {
      ...own(1),
      REDIS_URL: elsewhere.url,
      NODE_HTTP_PORT: '0',
    });
    expect(sameStore).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /^node: another process has the store in \S+node-1 open: [^\n]+\n$/,
      ),
    });
  }, 120_000);
});

describe('npm start on a data directory that is in use', () => {
  it('says so in one line', async () => {
    const directory = await temporaryDirectory();
    const options = ['--broker', 'embedded', '--data-dir', directory];
    await start(...options);
    const second = await runProgram([...START, ...options]);
    expect(second).toMatchObject({
      code: 1,
      stderr: `another process has the store in ${join(directory, 'node-0')} open: stop it first, or use another directory\n`,
    });
  });
});

/** Flips bits in the middle of LevelDB's log. */
async function damageLogOf(store: string): Promise<void> {
  const records = join(store, 'records');
  const [log] = (await readdir(records)).filter((name) => name.endsWith('.log'));
  const path = join(records, String(log));
  const bytes = await readFile(path);
  const middle = Math.floor(bytes.length / 2);
  for (let at = middle; at < middle + 8; at += 1) bytes.writeUInt8(bytes.readUInt8(at) ^ 0xff, at);
  await writeFile(path, bytes);
}
