import { sha256 } from '@ccro/crypto';
import { RedisConnection, Troubles } from '@ccro/redis';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { queueGateway, type GatewayOptions } from '../../../test/queue-gateway.js';
import { queueScene, type QueueScene } from '../../../test/queue-scene.js';
import { allFinished, appending, executed, expectRefusal } from '../request-queue.contract.js';
import type { RequestQueue } from '../request-queue.js';
import { KeyExpiry } from './key-expiry.js';
import { redisKeys, type RedisKeys } from './redis-keys.js';
import { REDIS_SCRIPTS } from './redis-scripts.js';
import { RequestStore } from './request-store.js';

const PATIENCE = { timeout: 9000, interval: 20 };
const RETENTION_MS = 86_400_000;

let redis: RedisServer;
let admin: Redis;
let scene: QueueScene;
let keys: RedisKeys;
const closers: (() => Promise<void>)[] = [];

beforeEach(async () => {
  redis = await startRedisServer();
  admin = new Redis(redis.url);
  scene = await queueScene('expiry-spec');
  keys = redisKeys(scene.config.cluster, 'gateway');
});
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
  admin.disconnect();
  await scene.close();
  await redis.stop();
});

async function openQueue(options: GatewayOptions): Promise<RequestQueue> {
  const { queue } = await queueGateway(scene, redis.url, options);
  closers.push(() => queue.close());
  await queue.open();
  return queue;
}

async function openStore(): Promise<RequestStore> {
  const connection = new RedisConnection({
    ...{ url: redis.url, name: 'expiry-spec' },
    scripts: REDIS_SCRIPTS,
  });
  closers.push(() => connection.close());
  await connection.open();
  const { cluster } = scene.config;
  const limits = { span: 1000, maxFinished: 100, keyRetentionMs: RETENTION_MS, leaseMs: 5000 };
  return new RequestStore({ cluster, clientId: 'gateway', keys, ...limits }, connection);
}

/** Idempotency keys whose time is over, each with one request that is answered. */
async function putDueKeys(first: number, count: number, answer: string): Promise<void> {
  const steps = admin.pipeline();
  for (let number = first; number < first + count; number += 1) {
    const [key, id] = [sha256(`due-${number}`), `gateway-${number}`];
    steps.hset(keys.answers, id, answer);
    steps.hset(keys.keys, key, JSON.stringify({ fingerprint: key, ids: [id] }));
    steps.zadd(keys.kept, Date.now() - 2 * RETENTION_MS, key);
  }
  await steps.exec();
}

/** Takes away all memory that is left, and a quarter of what such keys hold. */
async function fillWithDueKeys(): Promise<void> {
  await putDueKeys(1, 1000, 'x'.repeat(4096));
  const used = Number(/used_memory:(\d+)/.exec(await admin.info('memory'))?.[1]);
  await admin.config('SET', 'maxmemory', String(used - 2 ** 20));
}

function dueKeys(): Promise<number> {
  return admin.zcount(keys.kept, '-inf', String(Date.now() - RETENTION_MS));
}

describe('a Redis that is full of idempotency keys whose time is over', () => {
  it('D6, sibling: accepts again, although nothing is there to be recorded', async () => {
    await fillWithDueKeys();
    const keeping = await openQueue({ keyRetentionMs: 0 });
    await expectRefusal(keeping.accept(appending(['refused'])), 'refused');
    const queue = await openQueue({ keyRetentionMs: RETENTION_MS });
    const accepted = await vi.waitFor(() => queue.accept(appending(['accepted'])), PATIENCE);
    await allFinished(accepted);
    expect(executed(scene.cluster)).toEqual(['accepted']);
    await vi.waitFor(async () => expect(await admin.zcard(keys.kept)).toBe(0), PATIENCE);
  });

  it('D6, sibling: keeps those with a request that is not answered', async () => {
    await fillWithDueKeys();
    const open = await admin.zrange(keys.kept, '0', '-1');
    await admin.config('SET', 'maxmemory', '1mb');
    await admin.del(keys.answers);
    const store = await openStore();
    await vi.waitFor(async () => expect(await store.expire()).toBe(false));
    expect(await dueKeys()).toBe(0);
    expect((await admin.zrange(keys.kept, '0', '-1')).sort()).toEqual(open.sort());
    expect(await admin.hmget(keys.keys, ...open)).not.toContain(null);
  });
});

describe('idempotency keys whose time is over', () => {
  it('D6, sibling: are no more after a burst was recorded than before', async () => {
    const store = await openStore();
    await putDueKeys(1, 200, '{}');
    const endings = Array.from({ length: 200 }, (_, number) => {
      const [key, id] = [sha256(`new-${number}`), `gateway-${1000 + number}`];
      return { id, key, packed: '{}' };
    });
    for (const { id, key } of endings) {
      await admin.hset(keys.keys, key, JSON.stringify({ fingerprint: key, ids: [id] }));
    }
    await store.record(endings);
    expect(await dueKeys()).toBe(0);
    expect((await admin.hkeys(keys.keys)).sort()).toEqual(endings.map(({ key }) => key).sort());
    expect(await admin.hlen(keys.answers)).toBe(200);
  });

  it('D6, sibling: go in steps, and without anything to record', async () => {
    await putDueKeys(1, 2500, '{}');
    const store = await openStore();
    expect(await store.expire()).toBe(true);
    expect(await dueKeys()).toBe(1500);
    await openQueue({ keyRetentionMs: RETENTION_MS });
    await vi.waitFor(async () => expect(await dueKeys()).toBe(0), PATIENCE);
    await putDueKeys(1, 10, '{}');
    await vi.waitFor(async () => expect(await dueKeys()).toBe(0), PATIENCE);
  });
});

describe('KeyExpiry', () => {
  it('D6, sibling: begins at once when Redis has no memory left, and goes on until none is due', async () => {
    const troubles = new Troubles();
    const more = [false, true, true, false];
    let steps = 0;
    const expire = (): Promise<boolean> => {
      steps += 1;
      return Promise.resolve(more.shift() ?? false);
    };
    const failed: Error[] = [];
    const expiry = new KeyExpiry({
      store: { expire },
      connection: { connected: true, troubles },
      trouble: (error) => failed.push(error),
    });
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const full = new Error("OOM command not allowed when used memory > 'maxmemory'.");
    expiry.start();
    await turn();
    expect(steps).toBe(1);
    troubles.failed('write', full);
    await turn();
    expect(steps).toBe(4);
    expiry.stop();
    troubles.over('write');
    troubles.failed('write', full);
    await turn();
    expect(steps).toBe(4);
    expect(failed).toEqual([]);
  });
});
