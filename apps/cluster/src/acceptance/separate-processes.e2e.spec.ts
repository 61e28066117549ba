/** Issue 2, acceptance: nodes and gateway as separate processes over Redis. */

import type { RedisServer } from '@ccro/redis-server';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { temporaryDirectory } from './support/files.testkit.js';
import { readSeen, watchChannels, type SeenMessage } from './support/channel-watch.testkit.js';
import { decide } from './support/http.testkit.js';
import {
  needsBuild,
  runProgram,
  startGatewayProgram,
  startNodeProgram,
  startProgram,
  type StartedProgram,
} from './support/programs.testkit.js';
import { plainConnection, startedRedis } from './support/redis.testkit.js';
import { expectDecidedRight } from './support/replay.testkit.js';
import { startedCluster, statusOf, untilLevel } from './support/test-cluster.testkit.js';

needsBuild();

const MEMBERS = [0, 1, 2, 3];
/** All five of them, with `nest start`, on a working copy that is built. */
const NEST_START_MS = 20_000;

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

  it('H5: start with `nest start` in five terminals, in time, and end with it', async () => {
    const redis = await startedRedis();
    const nest = (app: string, port: Readonly<Record<string, string>>) =>
      startProgram(['node_modules/@nestjs/cli/bin/nest.js', 'start', app], {
        REDIS_URL: redis.url,
        ...port,
      });
    const nodes = MEMBERS.map(() => nest('node', { NODE_HTTP_PORT: '0' }));
    const gateway = nest('gateway', { GATEWAY_PORT: '0' });
    const urls = await Promise.all([
      ...nodes.map((node) => node.says(/Node \d started on (http:\S+)/, NEST_START_MS)),
      gateway.says(/Gateway running on (http:\S+)/, NEST_START_MS),
    ]);
    expect(await decide(urls.at(-1) ?? '', 'through nest start')).toMatchObject({ sequence: 1 });
    for (const wrapper of [...nodes, gateway]) wrapper.kill();
    for (const url of urls) {
      await vi.waitFor(() => expect(fetch(`${url}/health/live`)).rejects.toThrow('fetch failed'), {
        timeout: 10_000,
        interval: 100,
      });
    }
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
