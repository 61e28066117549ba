import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import fc from 'fast-check';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { BreakingProxy, type Break } from '../../../test/breaking-proxy.js';
import { queueGateway, type QueueGateway } from '../../../test/queue-gateway.js';
import { queueScene, type QueueScene } from '../../../test/queue-scene.js';
import type { QueueError } from '../queue-error.js';
import { allFinished, appending, executed, executedInAnyOrder } from '../request-queue.contract.js';
import { redisKeys, type RedisKeys } from './redis-keys.js';

const PATIENCE_MS = 20_000;

let redis: RedisServer;
let admin: Redis;
let scenes = 0;
const cleanUps: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  redis = await startRedisServer();
  admin = new Redis(redis.url);
});
afterEach(cleanUpAll);
afterAll(async () => {
  admin.disconnect();
  await redis.stop();
});

async function cleanUpAll(): Promise<void> {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
}

async function newScene(): Promise<QueueScene> {
  scenes += 1;
  const scene = await queueScene(`recovery-${scenes}`);
  cleanUps.push(() => scene.close());
  return scene;
}

async function killConnections(): Promise<void> {
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}

function keysOf(scene: QueueScene): RedisKeys {
  return redisKeys(scene.config.cluster, 'gateway');
}

describe('a break of the connection', () => {
  it('A1: makes nothing wait again that is finished, however long ago', async () => {
    const scene = await newScene();
    const made = await queueGateway(scene, redis.url, { maxFinished: 2 });
    cleanUps.push(() => made.queue.close());
    await made.queue.open();
    scene.cluster.ignores = ({ operation }) => operation.includes('straggler');
    const [early, straggler] = await made.queue.accept(appending(['early', 'straggler']));
    await early?.finished;
    // As many others finish as are kept: of `early` nothing is known any more.
    await allFinished(await made.queue.accept(appending(['x', 'y', 'z'])));
    await killConnections();
    await vi.waitFor(() => made.queue.accept(appending(['after'])), { timeout: PATIENCE_MS });
    expect(await admin.zscore(keysOf(scene).waiting, early?.id ?? '')).toBeNull();
    scene.cluster.ignores = () => false;
    await straggler?.finished;
    await untilNothingIsLeft(scene, 2);
  });

  it('A1, sibling: does not bring back a key whose time is over', async () => {
    const scene = await newScene();
    const made = await queueGateway(scene, redis.url, { keyRetentionMs: 50 });
    cleanUps.push(() => made.queue.close());
    await made.queue.open();
    const [first] = await allFinished(await made.queue.accept(appending(['old'], 'K')));
    const isForgotten = async (): Promise<void> => {
      await allFinished(await made.queue.accept(appending(['other'])));
      expect(await made.queue.find(first?.id ?? '')).toBeUndefined();
    };
    await vi.waitFor(isForgotten, { timeout: PATIENCE_MS });
    await killConnections();
    await vi.waitFor(() => made.queue.accept(appending(['after'])), { timeout: PATIENCE_MS });
    expect(await made.queue.find(first?.id ?? '')).toBeUndefined();
    expect(await admin.hlen(keysOf(scene).keys)).toBe(0);
  });

  it('A1, sibling: writes again what was taken over from another gateway', async () => {
    const scene = await newScene();
    scene.cluster.stalled = true;
    const first = await queueGateway(scene, redis.url);
    await first.queue.open();
    const accepted = await first.queue.accept(appending(['a', 'b'], 'K'));
    await first.queue.close();
    await first.silence();
    const second = await queueGateway(scene, redis.url);
    await second.queue.open();
    await vi.waitFor(() => expect(second.queue.counts().pending).toBe(2), {
      timeout: PATIENCE_MS,
    });
    await admin.flushall();
    await killConnections();
    const { waiting } = keysOf(scene);
    await vi.waitFor(async () => expect(await admin.zcard(waiting)).toBe(2), {
      timeout: PATIENCE_MS,
    });
    await second.queue.close();
    await second.silence();
    scene.cluster.stalled = false;
    const third = await queueGateway(scene, redis.url);
    cleanUps.push(() => third.queue.close());
    await third.queue.open();
    const again = await third.queue.accept(appending(['a', 'b'], 'K'));
    expect(again.map(({ id }) => id)).toEqual(accepted.map(({ id }) => id));
    await allFinished(again);
    expect(executedInAnyOrder(scene.cluster)).toEqual(['a', 'b']);
  });
});

describe('a start', () => {
  it('A1: removes what waits without an entry, which an earlier version left behind', async () => {
    const scene = await newScene();
    scene.cluster.stalled = true;
    const first = await queueGateway(scene, redis.url);
    await first.queue.open();
    const [open] = await first.queue.accept(appending(['open']));
    await first.queue.close();
    await first.silence();
    const { waiting } = keysOf(scene);
    const orphans = Array.from({ length: 3000 }, (_, index) => `gateway-${1e15 + index}`);
    await admin.zadd(waiting, ...orphans.flatMap((id, index) => [String(index), id]));
    const second = await queueGateway(scene, redis.url);
    cleanUps.push(() => second.queue.close());
    await second.queue.open();
    expect(await admin.zrange(waiting, '0', '-1')).toEqual([open?.id]);
    expect(second.log.join()).toContain('3000 finished requests counted as waiting: removed');
    scene.cluster.stalled = false;
    await allFinished(await second.queue.accept(appending(['new'])));
    await untilNothingIsLeft(scene, 100);
    expect(executedInAnyOrder(scene.cluster)).toEqual(['new', 'open']);
  });

  it('A1, sibling: goes on with an entry that nobody leases though its requests wait', async () => {
    const scene = await newScene();
    scene.cluster.stalled = true;
    const first = await queueGateway(scene, redis.url);
    await first.queue.open();
    await first.queue.accept(appending(['given up']));
    await first.queue.close();
    await first.silence();
    const { intake } = keysOf(scene);
    const [entry] = await admin.xrange(intake, '-', '+');
    expect(await admin.xack(intake, 'gateways', entry?.[0] ?? '')).toBe(1);
    scene.cluster.stalled = false;
    const second = await queueGateway(scene, redis.url);
    cleanUps.push(() => second.queue.close());
    await second.queue.open();
    await untilNothingIsLeft(scene, 100);
    expect(executed(scene.cluster)).toEqual(['given up']);
  });

  it('A1, sibling: reads all that was left behind, however much', async () => {
    const scene = await newScene();
    scene.cluster.stalled = true;
    const first = await queueGateway(scene, redis.url);
    await first.queue.open();
    // More than are read at once, and fewer than would be refused as too much.
    const data = Array.from({ length: 120 }, (_, index) => index);
    for (const each of data) await first.queue.accept(appending([each]));
    expect(await admin.xlen(keysOf(scene).intake)).toBe(120);
    await first.queue.close();
    await first.silence();
    scene.cluster.stalled = false;
    const second = await queueGateway(scene, redis.url);
    cleanUps.push(() => second.queue.close());
    await second.queue.open();
    expect(second.log.join()).toContain('120 requests accepted earlier');
    await untilNothingIsLeft(scene, 120);
    const done = executed(scene.cluster) as number[];
    expect(done.sort((a, b) => a - b)).toEqual(data);
  });

  it('A1, sibling: refuses while jobs of an earlier version hold requests', async () => {
    const scene = await newScene();
    const jobs = `${keysOf(scene).prefix}:queue-gateway:delayed`;
    await admin.zadd(jobs, '1', 'gateway-1');
    const made = await queueGateway(scene, redis.url);
    cleanUps.push(() => made.queue.close());
    await expect(made.queue.open()).rejects.toMatchObject({
      name: 'RedisError',
      message: expect.stringContaining(
        'Redis holds requests that an earlier version accepted',
      ) as unknown,
    });
    await admin.del(jobs);
    const after = await queueGateway(scene, redis.url);
    cleanUps.push(() => after.queue.close());
    await after.queue.open();
    await allFinished(await after.queue.accept(appending(['new'])));
  });
});

/** Nothing waits, no entry is there, and exactly the answers that may be kept are. */
async function untilNothingIsLeft(scene: QueueScene, maxFinished: number): Promise<void> {
  const { waiting, answers, finished, keys, intake } = keysOf(scene);
  const look = async (): Promise<void> => {
    expect(await admin.zrange(waiting, '0', '-1')).toEqual([]);
    expect(await admin.xlen(intake)).toBe(0);
    // Nothing was written since Redis forgot everything, the group included.
    if ((await admin.exists(intake)) === 1) {
      expect((await admin.xpending(intake, 'gateways'))[0]).toBe(0);
    }
    const listed = await admin.lrange(finished, 0, -1);
    const records = Object.values(await admin.hgetall(keys));
    const underKeys = records.flatMap((text) => (JSON.parse(text) as { ids: string[] }).ids);
    expect(listed.length).toBeLessThanOrEqual(maxFinished);
    expect((await admin.hkeys(answers)).sort()).toEqual([...listed, ...underKeys].sort());
  };
  await vi.waitFor(look, { timeout: PATIENCE_MS, interval: 50 });
}

/** One call: whether each of its requests is decided only late, and its idempotency key. */
interface PlannedCall {
  readonly late: readonly boolean[];
  readonly keyed: boolean;
}

interface Plan {
  readonly calls: readonly PlannedCall[];
  readonly breaks: readonly Break[];
  /** What happens besides at each break. */
  readonly besides: 'nothing' | 'redis-forgets' | 'gateway-crashes';
}

const CALL: fc.Arbitrary<PlannedCall> = fc.record({
  late: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
  keyed: fc.boolean(),
});

const PLANS: fc.Arbitrary<Plan> = fc.record({
  // Half of the first call is finished early, and forgotten when as many others are.
  calls: fc
    .array(CALL, { minLength: 2, maxLength: 7 })
    .map((others) => [{ late: [false, true], keyed: false }, ...others]),
  breaks: fc.array(
    fc.record({
      afterWrites: fc.nat({ max: 40 }),
      loss: fc.constantFrom('all', 'half', 'nothing'),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  besides: fc.constantFrom('nothing', 'redis-forgets', 'gateway-crashes'),
});

describe('A1: whenever the connection breaks, at any step', () => {
  it('A1: nothing is lost, done twice or left over, and the counts are right', async () => {
    await fc.assert(fc.asyncProperty(PLANS, carryOut).afterEach(cleanUpAll), {
      numRuns: 8,
      endOnFailure: true,
    });
  }, 300_000);
});

async function carryOut(plan: Plan): Promise<void> {
  // What Redis forgets is known to the gateway as far as it is among the newest.
  const maxFinished = plan.besides === 'redis-forgets' ? 100 : 2;
  const scene = await newScene();
  scene.cluster.ignores = ({ operation }) => operation.includes('late');
  let crash: (() => void) | undefined;
  let endBreaks = (): void => undefined;
  const start = async (breaks: readonly Break[]): Promise<QueueGateway> => {
    const proxy = await BreakingProxy.to(redis.port, async () => {
      if (plan.besides === 'redis-forgets') await admin.flushall();
      if (plan.besides === 'gateway-crashes') crash?.();
    });
    cleanUps.push(() => Promise.resolve(proxy.stop()));
    const made = await queueGateway(scene, proxy.url, {
      maxFinished,
      leaseMs: 300,
      timeoutMs: 2000,
    });
    cleanUps.push(() => made.queue.close());
    await made.queue.open();
    crash = () => {
      proxy.stop();
      void made.silence();
    };
    proxy.breakAt(breaks);
    endBreaks = () => proxy.breakAt([]);
    return made;
  };

  const outcomes = new Map<string, 'accepted' | 'refused' | 'uncertain'>();
  const keyed: { readonly call: ReturnType<typeof appending>; readonly ids: readonly string[] }[] =
    [];
  let made = await start(plan.breaks);
  for (const [number, { late, keyed: hasKey }] of plan.calls.entries()) {
    const data = late.map((isLate, index) => `${isLate ? 'late' : 'soon'}-${number}-${index}`);
    const call = appending(data, hasKey ? `key-${number}` : undefined);
    let outcome: 'accepted' | 'refused' | 'uncertain' = 'accepted';
    try {
      const requests = await made.queue.accept(call);
      if (hasKey) keyed.push({ call, ids: requests.map(({ id }) => id) });
    } catch (error) {
      outcome = (error as QueueError).code === 'uncertain' ? 'uncertain' : 'refused';
    }
    for (const each of data) outcomes.set(each, outcome);
    const hasCrashed = plan.besides === 'gateway-crashes' && outcome !== 'accepted';
    if (hasCrashed) made = await start([]);
  }
  if (plan.besides === 'gateway-crashes') {
    crash?.();
    made = await start([]);
  }
  scene.cluster.ignores = () => false;

  const accepted = [...outcomes].filter(([, outcome]) => outcome === 'accepted');
  await vi.waitFor(
    () =>
      expect(executed(scene.cluster)).toEqual(
        expect.arrayContaining(accepted.map(([data]) => data)),
      ),
    { timeout: PATIENCE_MS },
  );
  endBreaks();
  // Of a Redis that has just forgotten everything nothing is left, until the gateway writes again.
  await vi.waitFor(() => expect(made.queue.counts().pending).toBe(0), { timeout: PATIENCE_MS });
  await untilNothingIsLeft(scene, maxFinished);
  const done = executed(scene.cluster) as string[];
  expect(new Set(done).size).toBe(done.length);
  expect(done.filter((data) => outcomes.get(data) === 'refused')).toEqual([]);
  for (const { call, ids } of keyed) {
    const again = await made.queue.accept(call);
    expect(again.map(({ id }) => id)).toEqual(ids);
    expect(again.map(({ answer }) => answer.status)).toEqual(ids.map(() => 'decided'));
  }
}
