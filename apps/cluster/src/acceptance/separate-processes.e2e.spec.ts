/** Issue 2, acceptance: nodes and gateway as separate processes over Redis. */

import type { RedisServer } from '@ccro/redis-server';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryDirectory } from './support/files.contract.js';
import { readSeen, watchChannels, type SeenMessage } from './support/channel-watch.contract.js';
import { decide } from './support/http.contract.js';
import {
  needsBuild,
  runProgram,
  startGatewayProgram,
  startNodeProgram,
  startProgram,
  type StartedProgram,
} from './support/programs.contract.js';
import { plainConnection, startedRedis } from './support/redis.contract.js';
import { expectDecidedRight } from './support/replay.contract.js';
import { startedCluster, statusOf, untilLevel } from './support/test-cluster.contract.js';

needsBuild();

const MEMBERS = [0, 1, 2, 3];
/** `nest start` compiles first. */
const COMPILE_TIMEOUT_MS = 100_000;

interface Processes {
  readonly redis: RedisServer;
  readonly nodes: readonly (StartedProgram & { readonly id: number })[];
  readonly gateway: StartedProgram;
}

/** Four nodes that are told nothing but where Redis is, all at once, and a gateway. */
async function startedProcesses(): Promise<Processes> {
  const redis = await startedRedis();
  const environment = { REDIS_URL: redis.url };
  const nodes = await Promise.all(MEMBERS.map(() => startNodeProgram(environment)));
  const gateway = await startGatewayProgram(environment);
  return { redis, nodes, gateway };
}

/** How many connections CLIENT LIST shows by each name that begins with `ccro:`. */
async function connectionNames(redisUrl: string): Promise<Record<string, number>> {
  const list = String(await plainConnection(redisUrl).client('LIST'));
  const names = [...list.matchAll(/ name=(ccro:\S*) /g)].map(([, name = '']) => name);
  const counts: Record<string, number> = {};
  for (const name of names.sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

describe('four node processes without any environment variable, and a gateway', () => {
  it('take ids 0 to 3, one named connection each, and decide what is posted', async () => {
    const { redis, nodes, gateway } = await startedProcesses();
    expect(new Set(nodes.map(({ id }) => id))).toEqual(new Set(MEMBERS));
    const answer = await decide(gateway.url, 'very-important-data');
    expect(answer).toMatchObject({ mode: 'ccro', view: 0, sequence: 1, replies: { required: 2 } });
    await untilLevel(nodes, 1);
    await expectDecidedRight(gateway.url, ['very-important-data'], [answer]);
    expect(await connectionNames(redis.url)).toEqual({
      'ccro:gateway:gateway': 1,
      'ccro:node:0': 1,
      'ccro:node:1': 1,
      'ccro:node:2': 1,
      'ccro:node:3': 1,
    });
  });

  it('refuse a fifth one, and give its id to the next one when a node stops', async () => {
    const { redis, nodes, gateway } = await startedProcesses();
    const environment = { REDIS_URL: redis.url, NODE_HTTP_PORT: '0' };
    const fifth = await runProgram(['dist/programs/node.js'], environment);
    expect(fifth.code).not.toBe(0);
    expect(fifth.stderr.trimEnd().split('\n')).toHaveLength(1);

    const stopped = nodes.find(({ id }) => id === 1);
    await stopped?.program.stop();
    const successor = await startNodeProgram(environment);
    expect(successor.id).toBe(1);
    await decide(gateway.url, 'after the change');
    await untilLevel([successor], 1);
  });

  it('make way for `nest start node` as well', async () => {
    const redis = await startedRedis();
    const environment = { REDIS_URL: redis.url };
    const nest = (app: string, port: Readonly<Record<string, string>>) =>
      startProgram(['node_modules/@nestjs/cli/bin/nest.js', 'start', app], {
        ...environment,
        ...port,
      });
    await Promise.all([1, 2, 3].map(() => startNodeProgram(environment)));
    const node = nest('node', { NODE_HTTP_PORT: '0' });
    expect(await node.says(/Node (\d) started on/, COMPILE_TIMEOUT_MS)).toBe('3');
    const gateway = nest('gateway', { GATEWAY_PORT: '0' });
    const url = await gateway.says(/Gateway running on (http:\S+)/, COMPILE_TIMEOUT_MS);
    expect(await decide(url, 'through nest start')).toMatchObject({ sequence: 1 });
  }, 240_000);

  it('H5: end with `nest start`, whatever ended that', async () => {
    const redis = await startedRedis();
    const nest = startProgram(['node_modules/@nestjs/cli/bin/nest.js', 'start', 'node'], {
      REDIS_URL: redis.url,
      NODE_HTTP_PORT: '0',
    });
    const url = await nest.says(/Node \d started on (http:\S+)/, COMPILE_TIMEOUT_MS);
    nest.kill();
    await vi.waitFor(() => expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed'), {
      timeout: 10_000,
      interval: 100,
    });
  }, 120_000);

  it('run a cluster of their own keys, made by keygen', async () => {
    const directory = await temporaryDirectory();
    const keygen = ['dist/apps/cluster/src/keygen.js', '--nodes', '4', '--out', directory];
    expect(await runProgram([...keygen, '--mode', 'pbft'])).toMatchObject({ code: 0, stderr: '' });
    const redis = await startedRedis();
    const environment = { REDIS_URL: redis.url, CCRO_CONFIG: join(directory, 'cluster.json') };
    const nodes = await Promise.all(
      MEMBERS.map((id) => startNodeProgram({ ...environment, NODE_ID: String(id) })),
    );
    expect(nodes.map(({ id }) => id)).toEqual(MEMBERS);
    const { url, program } = await startGatewayProgram(environment);
    expect(await decide(url, 1)).toMatchObject({ mode: 'pbft' });
    expect(program.stdout).not.toContain('development keys');
  });
});

describe("redis-cli psubscribe 'ccro:*' shows readable messages", () => {
  async function messagesOf(mode: 'ccro' | 'pbft'): Promise<SeenMessage[]> {
    const redis = await startedRedis();
    const cluster = await startedCluster({ mode, broker: 'redis', redisUrl: redis.url });
    const seen = await watchChannels(redis.url);
    await decide(cluster.gatewayUrl, 'watched');
    await untilLevel(cluster.nodes, 1);
    const [{ collector }] = (await Promise.all(cluster.nodes.map(statusOf))) as [
      Awaited<ReturnType<typeof statusOf>>,
    ];
    expect(collector).toBe(mode === 'ccro' ? 2 : null);
    // The last reply ends what there is to see of the decision.
    await vi.waitFor(() => {
      expect(seen.map(readSeen).filter(({ message }) => message.kind === 'reply')).toHaveLength(4);
    });
    return seen.map(readSeen).filter(({ to }) => to !== 'telemetry');
  }

  /** Where messages of `kind` went, without repetitions. */
  function destinations(messages: readonly SeenMessage[], kind: string): string[] {
    const matching = messages.filter(({ message }) => message.kind === kind);
    return [...new Set(matching.map(({ to }) => to))];
  }

  it("CCRO: votes only on the communication node's channel, certificates on broadcast", async () => {
    const messages = await messagesOf('ccro');
    expect(destinations(messages, 'vote')).toEqual(['node:2']);
    expect(destinations(messages, 'certificate')).toEqual(['broadcast']);
    expect(destinations(messages, 'pre-prepare')).toEqual(['broadcast']);
    expect(destinations(messages, 'reply')).toEqual(['client:gateway']);
    const votes = messages.filter(({ message }) => message.kind === 'vote');
    // Where all four voted in time there is no second round.
    const signers = messages
      .filter(({ message }) => message.kind === 'certificate')
      .map(({ message }) => (message['proof'] as { readonly signers: readonly number[] }).signers);
    const rounds = signers[0]?.length === MEMBERS.length ? ['prepare'] : ['prepare', 'commit'];
    expect(signers).toHaveLength(rounds.length);
    for (const replica of [0, 1, 3]) {
      const phases = votes
        .filter(({ message }) => message['replica'] === replica)
        .map(({ message }) => message['phase']);
      expect(phases).toEqual(rounds);
    }
  });

  it('PBFT: votes on broadcast, and no certificates', async () => {
    const messages = await messagesOf('pbft');
    expect(destinations(messages, 'vote')).toEqual(['broadcast']);
    expect(destinations(messages, 'certificate')).toEqual([]);
    const voters = messages
      .filter(({ message }) => message.kind === 'vote')
      .map(({ message }) => `${String(message['phase'])} ${String(message['replica'])}`);
    expect(voters.sort()).toEqual(
      ['commit', 'prepare'].flatMap((phase) => MEMBERS.map((id) => `${phase} ${id}`)),
    );
  });
});
