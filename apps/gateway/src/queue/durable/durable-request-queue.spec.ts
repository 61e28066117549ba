import { generateKeyPair } from '@ccro/crypto';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  queueGateway,
  type GatewayOptions,
  type QueueGateway,
} from '../../../test/queue-gateway.js';
import { gatewayUserUrl } from '../../../test/gateway-user.js';
import { queueScene, type QueueScene } from '../../../test/queue-scene.js';
import {
  allFinished,
  appending,
  describeRequestQueueContract,
  executed,
  executedInAnyOrder,
  expectRefusal,
} from '../request-queue.contract.js';
import type { AcceptedRequest } from '../request-queue.js';
import { redisKeys } from './redis-keys.js';

const PATIENCE_MS = 9000;

let redis: RedisServer;
let admin: Redis;
let clusters = 0;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  redis = await startRedisServer({ extraArgs: ['--appendonly', 'yes'] });
  admin = new Redis(redis.url);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  const refused: unknown = await admin.acl('LOG');
  if (String(refused) !== '') throw new Error(`Redis refused its user: ${String(refused)}`);
});
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

async function newScene(): Promise<QueueScene> {
  clusters += 1;
  const scene = await queueScene(`queue-spec-${clusters}`);
  closers.push(() => scene.close());
  return scene;
}

/** A gateway's queue over `scene`, open. All of them have the same client id. */
async function gateway(scene: QueueScene, options: GatewayOptions = {}): Promise<QueueGateway> {
  const made = await queueGateway(
    scene,
    await gatewayUserUrl(scene.config, admin, redis.url),
    options,
  );
  closers.push(() => made.queue.close());
  await made.queue.open();
  return made;
}

/** The keys of the scene's cluster in Redis. */
async function keysOf({ config }: QueueScene, client = admin): Promise<string[]> {
  return (await client.keys(`ccro-requests:{${config.cluster}}:*`)).sort();
}

describeRequestQueueContract('DurableRequestQueue', async (options) => {
  const scene = await newScene();
  const { queue } = await gateway(scene, options);
  return { queue, cluster: scene.cluster, close: () => queue.close() };
});

describe('a Redis that somebody changed', () => {
  it('I27: whose counter of timestamps is near their end does not use the client up', async () => {
    const scene = await newScene();
    const { queue } = await gateway(scene);
    await allFinished(await queue.accept(appending(['a'])));
    const { clock } = redisKeys(scene.config.cluster, 'gateway');
    await admin.hset(clock, 'next', String(2 ** 53 - 5_000));
    const refusals: unknown[] = [];
    // What was given out before is used up first.
    for (let calls = 0; calls < 5; calls += 1) {
      const asked = queue.accept(appending(Array.from({ length: 60 }, (_, each) => `b${each}`)));
      await asked.then(allFinished).catch((error: unknown) => refusals.push(error));
    }
    expect(refusals.length).toBeGreaterThan(0);
    for (const refusal of refusals) expect(refusal).toMatchObject({ code: 'refused' });
    const newest = Math.max(...scene.cluster.heard.map(({ timestamp }) => timestamp));
    expect(newest).toBeLessThan(2 ** 52);
    await admin.del(clock);
    const [answer] = await allFinished(await queue.accept(appending(['c'])));
    expect(answer?.status).toBe('decided');
  });
});

describe('a gateway that comes after another', () => {
  it('goes on with what is undecided, and says how much that is', async () => {
    const scene = await newScene();
    scene.cluster.stalled = true;
    const first = await gateway(scene);
    const accepted = [
      ...(await first.queue.accept(appending(['a']))),
      ...(await first.queue.accept(appending(['b', 'c'], 'K'))),
    ];
    await first.queue.close();
    await first.silence();
    scene.cluster.stalled = false;

    const second = await gateway(scene);
    expect(second.log).toEqual(['3 requests accepted earlier, not decided yet: going on']);
    const answers = await vi.waitFor(
      async () => {
        const found = await Promise.all(accepted.map(({ id }) => second.queue.find(id)));
        expect(found.map((answer) => answer?.status)).toEqual(['decided', 'decided', 'decided']);
        return found;
      },
      { timeout: PATIENCE_MS },
    );
    expect(await allFinished(await second.queue.accept(appending(['b', 'c'], 'K')))).toEqual(
      answers.slice(1),
    );
    expect(executedInAnyOrder(scene.cluster)).toEqual(['a', 'b', 'c']);
  });

  it('knows the answers and the keys of the one before', async () => {
    const scene = await newScene();
    const first = await gateway(scene);
    const answers = await allFinished([
      ...(await first.queue.accept(appending(['a']))),
      ...(await first.queue.accept(appending(['b'], 'K'))),
    ]);
    await first.queue.close();
    const { queue, log } = await gateway(scene);
    expect(log).toEqual([]);
    expect(await Promise.all(answers.map(({ id }) => queue.find(id)))).toEqual(answers);
    expect(await allFinished(await queue.accept(appending(['b'], 'K')))).toEqual([answers[1]]);
    await expectRefusal(queue.accept(appending(['c'], 'K')), 'key-reused');
    expect(executed(scene.cluster)).toHaveLength(2);
  });

  it('never uses a timestamp again, even when Redis has forgotten everything', async () => {
    const scene = await newScene();
    const ids: string[] = [];
    for (let run = 0; run < 4; run += 1) {
      const { queue } = await gateway(scene);
      const accepted = await queue.accept(appending([1, 2, 3]));
      await allFinished(accepted);
      ids.push(...accepted.map(({ id }) => id));
      await queue.close();
      if (run === 1) await admin.del(await keysOf(scene));
    }
    expect(new Set(ids).size).toBe(12);
    expect([...ids].sort()).toEqual(ids);
  });

  it('refuses to send what was signed with a key that the cluster does not know', async () => {
    const scene = await newScene();
    scene.cluster.stalled = true;
    const stranger = await gateway(scene, { secretKey: generateKeyPair().secretKey });
    const [request] = await stranger.queue.accept(appending(['forged']));
    await stranger.queue.close();
    await stranger.silence();
    const heard = scene.cluster.heard.length;
    const { queue } = await gateway(scene);
    await vi.waitFor(
      async () => {
        expect(await queue.find(request?.id ?? '')).toMatchObject({
          status: 'failed',
          error: 'unverifiable',
        });
      },
      { timeout: PATIENCE_MS },
    );
    expect(scene.cluster.heard).toHaveLength(heard);
    expect(await keysOf(scene)).not.toContain(redisKeys(scene.config.cluster, 'gateway').waiting);
  });
});

describe('two gateways with one client id', () => {
  it('accept an idempotency key once between them, and both tell its answer', async () => {
    const scene = await newScene();
    const [first, second] = [await gateway(scene), await gateway(scene)];
    const calls = Array.from({ length: 10 }, () => [
      first.queue.accept(appending(['once', 'twice'], 'K')),
      second.queue.accept(appending(['once', 'twice'], 'K')),
    ]).flat();
    const answers = await Promise.all((await Promise.all(calls)).map(allFinished));
    for (const each of answers) expect(each).toEqual(answers[0]);
    expect(executedInAnyOrder(scene.cluster)).toEqual(['once', 'twice']);
  });

  it('give out different timestamps', async () => {
    const scene = await newScene();
    const gateways = [await gateway(scene), await gateway(scene)];
    const calls = Array.from({ length: 50 }, (_, index) =>
      gateways.map(({ queue }, which) => queue.accept(appending([`${which}/${index}`]))),
    ).flat();
    const requests = (await Promise.all(calls)).flat();
    await allFinished(requests);
    expect(new Set(requests.map(({ id }) => id)).size).toBe(100);
    expect(new Set(executed(scene.cluster)).size).toBe(100);
  });

  it('take over from each other what is not finished in time', async () => {
    const scene = await newScene();
    scene.cluster.stalled = true;
    const [dying, living] = [await gateway(scene, { leaseMs: 100 }), await gateway(scene)];
    await dying.silence();
    const [request] = await dying.queue.accept(appending(['a']));
    await dying.queue.close();
    expect(scene.cluster.heard).toEqual([]);
    scene.cluster.stalled = false;
    await vi.waitFor(
      async () => {
        expect(await living.queue.find(request?.id ?? '')).toMatchObject({ status: 'decided' });
      },
      { timeout: PATIENCE_MS },
    );
    expect(executed(scene.cluster)).toEqual(['a']);
  });

  it('E2: take timestamps above what the replicas executed, though Redis and clock know less', async () => {
    const scene = await newScene();
    const tomorrow = (Date.now() + 86_400_000) * 1000;
    scene.cluster.newest.set('gateway', tomorrow);
    for (const each of [await gateway(scene), await gateway(scene)]) {
      const answers = await allFinished(await each.queue.accept(appending(['a', 'b'])));
      for (const { id } of answers) expect(Number(id.split('-').at(-1))).toBeGreaterThan(tomorrow);
    }
    expect(new Set(scene.cluster.heard.map(({ timestamp }) => timestamp)).size).toBe(4);
  });

  it('do not send what the replicas would take for stale', async () => {
    const scene = await newScene();
    const { cluster } = scene;
    // Replicas with this window forget what executed before the newest 120.
    const options = { clientWindow: 120 };
    const [idle, busy] = [await gateway(scene, options), await gateway(scene, options)];
    await allFinished(await idle.queue.accept(appending(['early'])));
    const many = (): Promise<readonly AcceptedRequest[]> =>
      busy.queue.accept(appending(Array.from({ length: 20 }, (_, index) => index)));
    for (let round = 0; round < 8; round += 1) await allFinished(await many());
    // The rest of the idle gateway's first timestamps is too old by now: it takes new ones.
    const newest = Math.max(...cluster.heard.map(({ timestamp }) => timestamp));
    const [late] = await allFinished(await idle.queue.accept(appending(['late'])));
    expect(Number(late?.id.split('-').at(-1))).toBeGreaterThan(newest);

    // One request gets stuck: the others wait before the replicas could forget it.
    cluster.ignores = ({ operation }) => operation.includes('stuck');
    const [stuck] = await idle.queue.accept(appending(['stuck']));
    const executedBefore = cluster.decisions.length;
    await expectRefusal(
      (async () => {
        for (;;) await many();
      })(),
      'overloaded',
    );
    await vi.waitFor(() => expect(busy.queue.counts().pending).toBe(0), { timeout: PATIENCE_MS });
    const overtook = cluster.decisions.length - executedBefore;
    expect(overtook).toBeGreaterThan(0);
    expect(overtook).toBeLessThan(120);
    cluster.ignores = () => false;
    expect(await stuck?.finished).toMatchObject({ status: 'decided' });
    await many();
  });
});

describe('an idempotency key that was answered', () => {
  it('I9, sibling: takes no pending place, timestamp, signature or write when it is repeated', async () => {
    const scene = await newScene();
    const { queue } = await gateway(scene, { maxPending: 4 });
    const call = appending(['a', 'b', 'c'], 'K');
    const answers = await allFinished(await queue.accept(call));
    scene.cluster.stalled = true;
    const others = await queue.accept(appending(['d', 'e', 'f', 'g']));
    await expectRefusal(queue.accept(appending(['h'])), 'overloaded');
    const { intake, clock } = redisKeys(scene.config.cluster, 'gateway');
    const written = async (): Promise<unknown> => [
      await admin.hgetall(clock),
      await admin.xinfo('STREAM', intake),
    ];
    const before = await written();
    const asked = Array.from({ length: 20 }, () => queue.accept(call));
    expect(queue.pending).toBe(4);
    const told = await Promise.all((await Promise.all(asked)).map(allFinished));
    for (const again of told) expect(again).toEqual(answers);
    await expectRefusal(queue.accept(appending(['a'], 'K')), 'key-reused');
    expect(await written()).toEqual(before);
    scene.cluster.stalled = false;
    await allFinished(others);
  });

  it('I9, sibling: does not have less accepted of others, however often it is repeated', async () => {
    const scene = await newScene();
    const { queue, limit } = await gateway(scene);
    const call = appending(
      Array.from({ length: 200 }, (_, index) => index),
      'K',
    );
    await allFinished(await queue.accept(call));
    const untilMs = performance.now() + 1500;
    while (performance.now() < untilMs) {
      await Promise.all(Array.from({ length: 4 }, () => queue.accept(call)));
      limit.allowed(queue.pending);
    }
    expect(limit.current).toBe(2048);
  });
});

describe('whose a request is', () => {
  it('C1, sibling: is known at every gateway while it is pending, and after', async () => {
    const scene = await newScene();
    const [first, second] = [await gateway(scene), await gateway(scene)];
    scene.cluster.stalled = true;
    const owned = await first.queue.accept({ ...appending(['a', 'b'], 'K'), owner: 'alice' });
    const [anybodys] = await first.queue.accept(appending(['c']));
    const ownersAt = ({ queue }: QueueGateway): Promise<unknown[]> =>
      Promise.all([...owned, anybodys].map((request) => queue.ownerOf(request?.id ?? '')));
    const expected = ['alice', 'alice', undefined];
    for (const each of [first, second]) expect(await ownersAt(each)).toEqual(expected);
    expect(await second.queue.ownerOf('nothing')).toBeUndefined();
    const { owners } = redisKeys(scene.config.cluster, 'gateway');
    expect(await admin.hlen(owners)).toBe(2);
    scene.cluster.stalled = false;
    await allFinished([...owned, ...(anybodys === undefined ? [] : [anybodys])]);
    for (const each of [first, second]) expect(await ownersAt(each)).toEqual(expected);
    expect(await admin.hlen(owners)).toBe(0);
  });
});

describe('what is in Redis', () => {
  it('stays small over any number of requests without an idempotency key', async () => {
    const scene = await newScene();
    const { queue } = await gateway(scene, { maxFinished: 20 });
    for (let round = 0; round < 10; round += 1) {
      const calls = Array.from({ length: 40 }, (_, index) => queue.accept(appending([index])));
      await allFinished((await Promise.all(calls)).flat());
    }
    const { answers, finished, intake } = redisKeys(scene.config.cluster, 'gateway');
    expect(await admin.hlen(answers)).toBe(20);
    expect(await admin.llen(finished)).toBe(20);
    await vi.waitFor(async () => expect(await admin.xlen(intake)).toBe(0));
    expect((await keysOf(scene)).length).toBeLessThan(6);
    expect(await admin.memory('USAGE', intake)).toBeLessThan(10_000);
  });

  it('is nothing after the end of a cluster that is to be forgotten', async () => {
    const scene = await newScene();
    const { queue } = await gateway(scene, { forgetAtClose: true });
    await allFinished(await queue.accept(appending([1], 'K')));
    scene.cluster.stalled = true;
    await queue.accept({ ...appending([2]), owner: 'alice' });
    const { owners } = redisKeys(scene.config.cluster, 'gateway');
    expect(await keysOf(scene)).toContain(owners);
    await queue.close();
    expect(await keysOf(scene)).toEqual([]);
  });

  it('is left alone where it makes no sense, and the rest goes on', async () => {
    const scene = await newScene();
    const { intake } = redisKeys(scene.config.cluster, 'gateway');
    const { queue, log } = await gateway(scene, { leaseMs: 50 });
    await allFinished(await queue.accept(appending([1])));
    const request = { timestamp: 1, operation: '{}', digest: '', signature: '' };
    const calls = [{ key: '', requests: [request] }];
    const foreign = JSON.stringify({ client: 'another', calls, lists: [] });
    for (const [name, value] of [
      ['calls', 'nonsense'],
      ['calls', '{"client":"gateway","calls":[],"lists":[]}'],
      ['calls', foreign],
      ['other', '{}'],
    ] as const) {
      const id = (await admin.xadd(intake, '*', name, value)) ?? '';
      await admin.xclaim(intake, 'gateways', 'x', 0, id, 'FORCE', 'JUSTID');
    }
    const pending = async (): Promise<unknown> => (await admin.xpending(intake, 'gateways'))[0];
    await vi.waitFor(async () => expect(await pending()).toBe(0), {
      timeout: PATIENCE_MS,
    });
    expect(log.join()).toContain('was not written by a gateway of this client');
    await allFinished(await queue.accept(appending([2])));
    expect(executed(scene.cluster)).toEqual([1, 2]);
    expect(await admin.xlen(intake)).toBe(4);
  });

  it('F2, sibling: is set aside where it cannot be verified, and the rest goes on', async () => {
    const scene = await newScene();
    scene.cluster.stalled = true;
    const { intake, waiting } = redisKeys(scene.config.cluster, 'gateway');
    const first = await gateway(scene);
    await first.queue.accept(appending(['a', 'b']));
    await first.queue.close();
    await first.silence();
    const [[id, [, text = '']] = ['', []]] = await admin.xrange(intake, '-', '+');
    await admin.xdel(intake, id);
    await admin.zadd(waiting, '0', 'gateway--1');
    for (const changed of [
      text.replace(/"lists":\[\["[0-9a-f]+"/, '"lists":[["zz"'),
      text.replace(/"timestamp":\d+/, '"timestamp":-1'),
    ]) {
      expect(changed).not.toBe(text);
      const added = (await admin.xadd(intake, '*', 'calls', changed)) ?? '';
      await admin.xclaim(intake, 'gateways', 'x', 0, added, 'FORCE', 'JUSTID');
    }
    scene.cluster.stalled = false;
    const { queue, log } = await gateway(scene, { leaseMs: 50 });
    const leased = async (): Promise<unknown> => (await admin.xpending(intake, 'gateways'))[0];
    await vi.waitFor(async () => expect(await leased()).toBe(0), { timeout: PATIENCE_MS });
    expect(log.join()).toContain('was not written by a gateway of this client');
    await allFinished(await queue.accept(appending(['c'])));
    expect(executed(scene.cluster)).toEqual(['c']);
    expect(await admin.xlen(intake)).toBe(2);
  });

  it('F2, sibling: keeps nothing from being taken over, be it its own or what comes after it', async () => {
    const scene = await newScene();
    scene.cluster.stalled = true;
    const { keys, waiting } = redisKeys(scene.config.cluster, 'gateway');
    const first = await gateway(scene);
    await first.queue.accept(appending(['a'], 'K'));
    await first.queue.accept(appending(['b']));
    await first.queue.close();
    await first.silence();
    const [[digest, record] = ['', '']] = Object.entries(await admin.hgetall(keys));
    await admin.hset(keys, digest, 'nonsense');
    scene.cluster.stalled = false;
    const { queue } = await gateway(scene, { leaseMs: 50 });
    await vi.waitFor(() => expect(executedInAnyOrder(scene.cluster)).toEqual(['a', 'b']), {
      timeout: PATIENCE_MS,
    });
    await vi.waitFor(async () => expect(await admin.zcard(waiting)).toBe(0), {
      timeout: PATIENCE_MS,
    });
    await expectRefusal(queue.accept(appending(['a'], 'K')), 'key-reused');
    // Nothing of it is lost, and nothing is done twice once the record is what it was.
    await admin.hset(keys, digest, record);
    const again = await allFinished(await queue.accept(appending(['a'], 'K')));
    expect(again).toMatchObject([{ status: 'decided' }]);
    expect(executedInAnyOrder(scene.cluster)).toEqual(['a', 'b']);
  });
});
