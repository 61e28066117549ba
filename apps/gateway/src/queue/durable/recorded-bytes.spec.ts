/** Answers are kept, written and read by their length, not by their number. */

import type { Digest } from '@ccro/consensus';
import { RedisConnection } from '@ccro/redis';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BrokerWatch } from '../../connection/broker-watch.js';
import { Deliveries } from './deliveries.js';
import { KnownCalls } from './known-calls.js';
import { MAX_PLACE_BYTES } from './packed-answer.js';
import { MAX_RECORDED_CHARACTERS, type Ending, type PastEnding } from './recorded-endings.js';
import { redisKeys } from './redis-keys.js';
import { REDIS_SCRIPTS } from './redis-scripts.js';
import { RequestStore, type OpenEntry } from './request-store.js';

const LONG = 'x'.repeat(128 * 1024);

/** An entry with requests number `first` and on. */
function entryWith(first: number, count: number): OpenEntry {
  const requests = Array.from({ length: count }, (_, index) => {
    const timestamp = first + index;
    const signed = { operation: '{}', digest: '', signature: '' };
    const request = { kind: 'request' as const, client: 'gateway', timestamp, ...signed };
    return { id: `gateway-${timestamp}`, index: timestamp, request };
  });
  return { id: `${first}-0`, calls: [{ requests }] };
}

function charactersIn(endings: readonly Pick<Ending, 'packed'>[]): number {
  return endings.reduce((sum, { packed }) => sum + packed.length, 0);
}

describe('what is remembered in case Redis loses it', () => {
  it('I19, sibling: takes no more bytes than it has places, and is written in bounded groups', async () => {
    const places = 500;
    const groups: number[] = [];
    const again: PastEnding[] = [];
    const deliveries = new Deliveries({
      store: {
        keep: ({ id }) => Promise.resolve(id ?? ''),
        record: (endings) => {
          groups.push(charactersIn(endings));
          return Promise.resolve(endings.map(({ packed }) => packed));
        },
        recordAgain: (endings) => {
          again.push(...endings);
          return Promise.resolve();
        },
        remove: () => Promise.resolve(),
      },
      sender: {
        deliver: (id) => {
          const detail = `${LONG}${id}`;
          return Promise.resolve({ id, status: 'failed', error: 'stale-timestamp', detail });
        },
      },
      verifier: { verify: () => 'bad-signature' },
      connection: { connected: true },
      maxRecent: places,
      finished: () => undefined,
      trouble: () => undefined,
    });
    for (let first = 0; first < 300; first += 100) {
      const entry = entryWith(first, 100);
      deliveries.begin(entry);
      const requests = entry.calls.flatMap((call) => call.requests);
      for (const { id } of requests) await deliveries.find(id)?.finished;
    }
    expect(deliveries.counts().failed).toBe(300);
    expect(Math.max(...groups)).toBeLessThanOrEqual(MAX_RECORDED_CHARACTERS);
    await deliveries.writeAgain();
    expect(again[0]?.id).toBe('gateway-299');
    expect(charactersIn(again)).toBeLessThanOrEqual(places * MAX_PLACE_BYTES);
    // Each has 17 places.
    expect(again.length).toBeGreaterThan(25);
  }, 30_000);
});

describe('with Redis', () => {
  let redis: RedisServer;
  let admin: Redis;
  let connection: RedisConnection;
  let store: RequestStore;
  const keys = redisKeys('bytes-spec', 'gateway');

  beforeEach(async () => {
    redis = await startRedisServer();
    admin = new Redis(redis.url);
    connection = new RedisConnection({
      ...{ url: redis.url, name: 'bytes-spec' },
      scripts: REDIS_SCRIPTS,
    });
    await connection.open();
    const limits = { span: 1000, maxFinished: 10_000, keyRetentionMs: 0, leaseMs: 5000 };
    store = new RequestStore(
      { cluster: 'bytes-spec', clientId: 'gateway', keys, ...limits },
      connection,
    );
  });
  afterEach(async () => {
    await connection.close();
    admin.disconnect();
    await redis.stop();
  });

  it('I19, sibling: what it lost is written again in bounded groups', async () => {
    const ids = Array.from({ length: 40 }, (_, number) => `gateway-${number}`);
    const record = { fingerprint: 'f', ids };
    const endings = ids.map((id, number) => ({
      ...{ id, packed: `"${LONG}"`, ageMs: 1 },
      ...(number < 20 ? { key: 'K', record } : { key: '', record: undefined }),
    }));
    const sent = vi.spyOn(connection.redis as unknown as Commands, 'ccroRecordAgain');
    await store.recordAgain(endings);
    const sizes = sent.mock.calls.map((args) => args.join('').length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(MAX_RECORDED_CHARACTERS);
    expect(sizes.length).toBeLessThan(20);
    expect(await admin.hlen(keys.answers)).toBe(40);
    expect(await admin.hget(keys.keys, 'K')).toBe(JSON.stringify(record));
  }, 30_000);

  it('I19, sibling: answers are read in bounded groups, and all of them', async () => {
    const ids = Array.from({ length: 40 }, (_, number) => `gateway-${number}`);
    const packed = JSON.stringify({ e: 'stale-timestamp', d: LONG });
    const longest = JSON.stringify({ e: 'stale-timestamp', d: LONG.repeat(10) });
    const kept = new Map(ids.map((id) => [id, id === 'gateway-20' ? longest : packed]));
    kept.delete('gateway-7');
    await admin.hset(keys.answers, kept);
    const groups: number[] = [];
    const found: string[] = [];
    for await (const answers of store.answersTo(ids)) {
      groups.push(JSON.stringify([...answers.values()]).length);
      found.push(...answers.keys());
    }
    expect(found).toEqual([...kept.keys()]);
    const alone = Math.max(...groups);
    expect(alone).toBeGreaterThan(10 * LONG.length);
    expect(alone).toBeLessThan(11 * LONG.length);
    expect(groups.filter((size) => size > 2 ** 20)).toEqual([alone]);
    expect(groups.length).toBeLessThan(10);
  }, 30_000);

  it('I19, sibling: a call that was accepted before does not have all its answers read at once', async () => {
    const { calls } = entryWith(0, 40);
    const ids = calls.flatMap(({ requests }) => requests.map(({ id }) => id));
    const record = { fingerprint: 'f', ids };
    await admin.hset(keys.keys, 'K', JSON.stringify(record));
    const packed = JSON.stringify({ e: 'stale-timestamp', d: LONG });
    await admin.hset(keys.answers, new Map(ids.map((id) => [id, packed])));
    const sent = async (): Promise<number> =>
      Number(/total_net_output_bytes:(\d+)/.exec(await admin.info('stats'))?.[1]);
    const before = await sent();
    const again = { ...record, ids: [...ids].reverse() };
    const { verdicts } = await store.accept(
      calls.map((call) => ({ ...call, key: { digest: 'K', record: again } })),
      0,
      0,
    );
    expect(verdicts).toEqual([{ kind: 'known', record }]);
    expect((await sent()) - before).toBeLessThan(LONG.length);

    const turn = vi.spyOn(connection.redis as unknown as Commands, 'ccroAnswers');
    const known = new KnownCalls({
      ...{ timeoutMs: 30_000, store, closing: new AbortController().signal },
      outages: new BrokerWatch(connection),
      deliveries: { find: () => undefined },
      poller: { watch: () => expect.fail('all are answered') },
    });
    const idempotency = { key: 'unused', fingerprint: 'f' as Digest };
    const requests = await known.requestsOf(record, idempotency);
    expect(requests.map(({ answer }) => answer.status)).toEqual(Array(40).fill('failed'));
    expect(turn.mock.calls.length).toBeGreaterThan(4);
  }, 30_000);
});

interface Commands {
  ccroRecordAgain: (...args: string[]) => Promise<unknown>;
  ccroAnswers: (...args: string[]) => Promise<unknown>;
}
