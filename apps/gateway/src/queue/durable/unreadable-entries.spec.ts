/** What is found in Redis and was not written by a gateway ends nothing, and nothing is lost by it. */

import { setImmediate as turn } from 'node:timers/promises';
import { ClientError } from '@ccro/client';
import type { Request } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import type { FinishedAnswer } from '../../answers/request-record.js';
import { sha256 } from '@ccro/crypto';
import { startRedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { queueGateway } from '../../../test/queue-gateway.js';
import { queueScene } from '../../../test/queue-scene.js';
import { allFinished, appending, expectRefusal } from '../request-queue.contract.js';
import { redisKeys } from './redis-keys.js';
import { callsIn, entryOf, readKeyRecord } from './accepted-calls.js';
import { Deliveries, type DeliveriesParts } from './deliveries.js';
import { ownerIn, packAnswer, unpackAnswer } from './packed-answer.js';
import type { OpenEntry } from './request-store.js';

const DIGEST = 'ab'.repeat(32);

const REQUEST: Request = {
  kind: 'request',
  client: 'gateway',
  timestamp: 7,
  operation: '{}',
  digest: DIGEST,
  signature: `${'a'.repeat(85)}A`,
  signedWith: [DIGEST],
};

const ENTRY: OpenEntry = {
  id: '1-0',
  calls: [{ requests: [{ id: 'gateway-7', index: 1, request: REQUEST }] }],
};

function entryWith(change: Partial<Request>): string {
  const request = { ...REQUEST, ...change };
  return entryOf('gateway', [{ requests: [{ id: 'gateway-7', index: 1, request }] }]);
}

describe('an entry of the intake', () => {
  it('F2, sibling: is read as it was written', () => {
    const calls = [{ key: '', owner: undefined, requests: [REQUEST] }];
    expect(callsIn(entryWith({}), 'gateway')).toEqual(calls);
  });

  it.each<[string, Partial<Request>]>([
    ['a timestamp below 0', { timestamp: -1 }],
    ['a digest that is none', { digest: 'zz' }],
    ['a digest in capitals', { digest: DIGEST.toUpperCase() }],
    ['a list with what is no digest', { signedWith: [DIGEST, 'zz'] }],
    ['a signature that is none', { signature: 'AA' }],
    ['an operation that is too long', { operation: 'x'.repeat(2 ** 20) }],
  ])('F2, sibling: with %s was written by no gateway', (_, change) => {
    expect(callsIn(entryWith(change), 'gateway')).toBeUndefined();
  });
});

interface Scene {
  readonly deliveries: Deliveries;
  readonly recorded: FinishedAnswer[];
  readonly removed: string[];
  readonly troubles: string[];
}

function sceneWith(parts: Pick<DeliveriesParts, 'sender' | 'verifier'>): Scene {
  const recorded: FinishedAnswer[] = [];
  const removed: string[] = [];
  const troubles: string[] = [];
  const deliveries = new Deliveries({
    ...parts,
    store: {
      keep: ({ id }) => Promise.resolve(id ?? ''),
      record: (endings) => {
        recorded.push(...endings.map(({ id, packed }) => unpackAnswer(id, packed)));
        return Promise.resolve(endings.map(({ packed }) => packed));
      },
      recordAgain: () => Promise.resolve(),
      remove: (id) => {
        removed.push(id);
        return Promise.resolve();
      },
    },
    connection: { connected: true },
    maxRecent: 10,
    finished: () => undefined,
    trouble: ({ message }) => troubles.push(message),
  });
  return { deliveries, recorded, removed, troubles };
}

async function settled({ deliveries }: Scene): Promise<void> {
  await turn();
  await deliveries.idle();
  await turn();
}

describe('a request that is taken over', () => {
  it('F2, sibling: is unverifiable where the verifier cannot read it', async () => {
    const scene = sceneWith({
      sender: { deliver: () => Promise.reject(new Error('nothing is to be sent')) },
      verifier: {
        verify: () => {
          throw new RangeError('not an unsigned safe integer: -1');
        },
      },
    });
    scene.deliveries.takeOver(ENTRY);
    await settled(scene);
    const failed = { id: 'gateway-7', status: 'failed', error: 'unverifiable' };
    expect(scene.recorded).toMatchObject([failed]);
    expect(scene.removed).toEqual(['1-0']);
    expect(scene.troubles).toEqual([]);
  });
});

describe('a request that cannot be sent to its end', () => {
  it('F2, sibling: is reported once, and stays open in Redis', async () => {
    const error = new ClientError('abandoned', 'somebody abandoned it');
    const scene = sceneWith({
      sender: { deliver: () => Promise.reject(error) },
      verifier: { verify: () => 'bad-signature' },
    });
    scene.deliveries.begin(ENTRY);
    await settled(scene);
    expect(scene.troubles).toEqual([
      'the request gateway-7 cannot be followed to its end: somebody abandoned it',
    ]);
    expect(scene.deliveries.find('gateway-7')?.answer.status).toBe('pending');
    expect([...scene.deliveries.entryIds]).toEqual(['1-0']);
    expect(scene.recorded).toEqual([]);
    expect(scene.removed).toEqual([]);
  });
});

const NOT_OURS = [
  '',
  'not json',
  'null',
  '[]',
  '{}',
  '{"ids":[]}',
  '{"ids":[1]}',
  '{"ids":{"1":"a"}}',
];

describe('an answer in Redis', () => {
  it('F2, sibling: is read as it was written', () => {
    const failed = {
      id: 'gateway-7',
      status: 'failed',
      error: 'stale-timestamp',
      detail: 'old',
    } as const;
    const packed = packAnswer(failed, 'alice');
    expect([unpackAnswer('gateway-7', packed), ownerIn(packed)]).toEqual([failed, 'alice']);
  });

  it.each(NOT_OURS)('F2, sibling: %j was written by no gateway', (text) => {
    const expected = { id: 'gateway-7', status: 'failed', error: 'unverifiable' };
    expect(unpackAnswer('gateway-7', text)).toMatchObject(expected);
    expect(ownerIn(text)).toBeUndefined();
  });
});

describe('the record of an idempotency key in Redis', () => {
  it.each(NOT_OURS)('F2, sibling: %j was written by no gateway', (text) => {
    expect(readKeyRecord(text)).toBeUndefined();
  });

  it('F2, sibling: that no gateway wrote stops nothing but what asks for its key', async () => {
    const redis = await startRedisServer();
    const scene = await queueScene('unreadable-spec');
    const admin = new Redis(redis.url);
    const { queue } = await queueGateway(scene, redis.url, { keyRetentionMs: 86_400_000 });
    try {
      await queue.open();
      const keys = redisKeys(scene.config.cluster, 'gateway');
      const manyIds = JSON.stringify({ fingerprint: '', ids: Array(9000).fill('gateway-1') });
      const records = [...NOT_OURS, manyIds];
      for (const [index, record] of records.entries()) {
        await admin.hset(keys.keys, sha256(`key-${index}`), record);
        await admin.zadd(keys.kept, 1, sha256(`key-${index}`));
      }
      const asked = await Promise.all([
        queue.accept(appending(['beside them'], 'its own key')),
        ...records.map((_, index) =>
          expectRefusal(queue.accept(appending(['x'], `key-${index}`)), 'key-reused'),
        ),
      ]);
      expect(await allFinished(asked[0])).toMatchObject([{ status: 'decided' }]);
      // Recording goes on; with each two whose time is over go, whatever is in them.
      await allFinished(await queue.accept(appending(['a', 'b', 'c', 'd'])));
      expect(await admin.hlen(keys.keys)).toBe(1);
      expect(await admin.zcard(keys.kept)).toBe(1);
    } finally {
      await queue.close();
      admin.disconnect();
      await scene.close();
      await redis.stop();
    }
  });
});
