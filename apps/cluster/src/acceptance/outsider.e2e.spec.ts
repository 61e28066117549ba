/** Issue 2, acceptance: an outsider on the channels during load (scenarios 28, 29, 52 to 54). */

import { channelNames, parseChannel, type ChannelNames } from '@ccro/broker';
import { seededRandom } from '@ccro/faults';
import type { NodeStatus } from '@ccro/node-app';
import type { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import type { DecidedAnswer } from '../gateway-api.js';
import { watchChannels, type Seen } from './support/channel-watch.testkit.js';
import { decide } from './support/http.testkit.js';
import { outsiderMessages, type OutsiderKind } from './support/outsider-messages.testkit.js';
import { plainConnection, startedRedis } from './support/redis.testkit.js';
import { expectDecidedRight } from './support/replay.testkit.js';
import {
  nameOf,
  PATIENCE_MS,
  startedCluster,
  statusOf,
  untilLevel,
} from './support/test-cluster.testkit.js';

const NODES = 4;
/** How many of each; about half of them on broadcast, the others on the nodes' own channels. */
const FLOOD: Readonly<Record<OutsiderKind, number>> = {
  malformed: 2400,
  oversized: 100,
  'unknown-kind': 1500,
  'bad-signature': 1600,
  'unknown-member': 500,
  'unknown-client': 500,
  'certificate-bad-signature': 400,
  unsolicited: 500,
  replay: 2500,
};
const TOTAL = Object.values(FLOOD).reduce((sum, count) => sum + count, 0);
const AT_ONCE = 50;
/** Decisions whose messages are repeated later; one takes nine messages at least. */
const WARM_UP = 10;
const WORKERS = 4;

/** Kinds in a fixed, well mixed order. */
function mixed(): OutsiderKind[] {
  const kinds = Object.entries(FLOOD) as [OutsiderKind, number][];
  return kinds
    .flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, index) => ({ kind, at: (index + 0.5) / count })),
    )
    .sort((a, b) => a.at - b.at)
    .map(({ kind }) => kind);
}

/** Publishes the flood. @returns how many of each kind reached each node */
async function flood(
  outsider: Redis,
  channels: ChannelNames,
  make: Readonly<Record<OutsiderKind, () => Uint8Array>>,
): Promise<Record<OutsiderKind, number>[]> {
  const none = Object.fromEntries(Object.keys(FLOOD).map((kind) => [kind, 0]));
  const reached = Array.from({ length: NODES }, () => ({ ...none }) as typeof FLOOD);
  const order = mixed();
  const random = seededRandom('channels');
  for (let start = 0; start < order.length; start += AT_ONCE) {
    const receivers = order.slice(start, start + AT_ONCE).map((kind) => {
      const toAll = random() < 0.5;
      const node = Math.floor(random() * NODES);
      const channel = toAll ? channels.broadcast : channels.node(node);
      reached.forEach((counts, id) => {
        if (toAll || id === node) (counts as Record<OutsiderKind, number>)[kind] += 1;
      });
      return outsider.publish(channel, Buffer.from(make[kind]()));
    });
    await Promise.all(receivers);
  }
  return reached;
}

it('an outsider publishes 10,000 messages during load: nothing changes, all are counted', async () => {
  expect(TOTAL).toBe(10_000);
  const redis = await startedRedis();
  const cluster = await startedCluster({
    ...{ nodes: NODES, broker: 'redis', redisUrl: redis.url },
  });
  const name = await nameOf(cluster);
  const everything = await watchChannels(redis.url);
  const data: string[] = [];
  const answers: DecidedAnswer[] = [];
  const post = async (value: string): Promise<void> => {
    const answer = await decide(cluster.gatewayUrl, value);
    data.push(value);
    answers.push(answer);
  };
  for (let count = 1; count <= WARM_UP; count += 1) await post(`overheard ${count}`);
  await untilLevel(cluster.nodes, WARM_UP);
  const protocol = (): readonly Seen[] =>
    everything.filter(({ channel }) => parseChannel(channel)?.kind !== 'telemetry');
  await vi.waitFor(() => expect(protocol().length).toBeGreaterThan(60));
  const recorded = protocol().map(({ text }) => text);

  let flooding = true;
  const load = async (worker: number): Promise<void> => {
    for (let count = 1; flooding; count += 1) await post(`worker ${worker}, request ${count}`);
  };
  const workers = Array.from({ length: WORKERS }, (_, worker) => load(worker));
  const make = outsiderMessages({
    cluster: name,
    n: NODES,
    sequence: () => Math.max(...answers.map(({ sequence }) => sequence)) + 1,
    recorded,
  });
  const reached = await flood(plainConnection(redis.url), channelNames(name), make);
  flooding = false;
  await Promise.all(workers);
  expect(answers.length).toBeGreaterThan(WARM_UP + WORKERS);

  await untilLevel(cluster.nodes, Math.max(...answers.map(({ sequence }) => sequence)));
  await expectDecidedRight(cluster.gatewayUrl, data, answers);
  await vi.waitFor(
    async () => {
      const statuses = await Promise.all(cluster.nodes.map(statusOf));
      statuses.forEach((status, id) => expectCounted(status, reached[id] ?? FLOOD));
    },
    { timeout: PATIENCE_MS, interval: 200 },
  );
  for (const { evidence } of await Promise.all(cluster.nodes.map(statusOf))) {
    expect(evidence.filter(({ kind }) => kind !== 'collector-failed')).toEqual([]);
  }
}, 120_000);

/** Expects that a node counted what it refused, by reason. */
function expectCounted(
  { id, rejects }: NodeStatus,
  reached: Readonly<Record<OutsiderKind, number>>,
): void {
  const counted = (code: string): number => rejects[code] ?? 0;
  // Nothing but the outsider sends such messages: each must be there.
  const exact = ['malformed', 'oversized', 'unknown-kind', 'unknown-member', 'unknown-client'];
  for (const code of exact as OutsiderKind[]) {
    expect({ id, code, count: counted(code) }).toEqual({ id, code, count: reached[code] });
  }
  // Replayed replies are unsolicited as well.
  expect(counted('unsolicited')).toBeGreaterThanOrEqual(reached.unsolicited);
  // These may be recognised as useless before anyone looks at their signatures.
  for (const code of ['bad-signature', 'certificate-bad-signature'] as const) {
    expect({ id, code, counted: counted(code) > 0 }).toEqual({ id, code, counted: true });
  }
  const replays = counted('duplicate') + counted('outside-watermarks');
  expect({ id, replays: replays > 0 }).toEqual({ id, replays: true });
}
