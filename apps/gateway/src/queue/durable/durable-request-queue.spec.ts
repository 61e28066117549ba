import { GATEWAY_CLIENT } from '@ccro/cluster-config';
import { generateKeyPair } from '@ccro/crypto';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { queueScene, type MemberOptions, type QueueScene } from '../../../test/queue-scene.js';
import {
  allFinished,
  appending,
  describeRequestQueueContract,
  executed,
  expectRefusal,
} from '../request-queue.contract.js';
import { DurableRequestQueue, type DurableRequestQueueOptions } from './durable-request-queue.js';
import { redisKeys } from './redis-keys.js';

const DEFAULTS = {
  clientId: GATEWAY_CLIENT,
  clientWindow: 4096,
  maxPending: 2048,
  maxFinished: 100,
  keyRetentionMs: 0,
  timeoutMs: 5000,
  leaseMs: 5000,
  forgetAtClose: false,
} as const;

const PATIENCE_MS = 9000;

let redis: RedisServer;
let admin: Redis;
let clusters = 0;
const closers: (() => Promise<void>)[] = [];

beforeAll(async () => {
  redis = await startRedisServer();
  admin = new Redis(redis.url);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
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

interface Gateway {
  readonly queue: DurableRequestQueue;
  readonly log: string[];
  /** Stops sending, as a process that is gone does. */
  silence(): Promise<void>;
}

/** A gateway's queue over `scene`, open. All of them have the same client id. */
async function gateway(
  scene: QueueScene,
  options: Partial<DurableRequestQueueOptions> & MemberOptions = {},
): Promise<Gateway> {
  const { secretKey, ...rest } = options;
  const member = await scene.member(secretKey === undefined ? {} : { secretKey });
  const log: string[] = [];
  const note = (line: unknown): void => void log.push(String(line));
  const { cluster } = scene.config;
  const queue = new DurableRequestQueue(
    { ...DEFAULTS, url: redis.url, cluster, ...rest },
    { ...member, logger: { log: note, warn: note } },
  );
  closers.push(() => queue.close());
  await queue.open();
  return { queue, log, silence: () => member.end() };
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
    expect(executed(scene.cluster).sort()).toEqual(['a', 'b', 'c']);
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
    expect(executed(scene.cluster).sort()).toEqual(['once', 'twice']);
  });

  it('give out different timestamps', async () => {
    const scene = await newScene();
    const gateways = [await gateway(scene), await gateway(scene)];
    const calls = Array.from({ length: 100 }, (_, index) =>
      gateways.map(({ queue }, which) => queue.accept(appending([`${which}/${index}`]))),
    ).flat();
    const requests = (await Promise.all(calls)).flat();
    await allFinished(requests);
    expect(new Set(requests.map(({ id }) => id)).size).toBe(200);
    expect(new Set(executed(scene.cluster)).size).toBe(200);
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

  it('do not let a rest of old timestamps become stale', async () => {
    const scene = await newScene();
    // Replicas with this window forget what executed before the newest eight.
    const options = { clientWindow: 8 };
    const [idle, busy] = [await gateway(scene, options), await gateway(scene, options)];
    const [early] = await allFinished(await idle.queue.accept(appending(['early'])));
    for (let count = 0; count < 20; count += 1) {
      await allFinished(await busy.queue.accept(appending([count])));
    }
    const [late] = await allFinished(await idle.queue.accept(appending(['late'])));
    const { heard } = scene.cluster;
    const timestamps = heard.map(({ timestamp }) => timestamp);
    expect(late?.id).toBe(`gateway-${Math.max(...timestamps)}`);
    expect(early?.id).toBe(`gateway-${Math.min(...timestamps)}`);
  });

  it('accept no more than the replicas can tell apart from what executed', async () => {
    const scene = await newScene();
    const options = { clientWindow: 8 };
    const gateways = [await gateway(scene, options), await gateway(scene, options)];
    scene.cluster.stalled = true;
    let accepted = 0;
    const acceptOne = async (): Promise<void> => {
      await gateways[accepted % 2]?.queue.accept(appending([accepted]));
      accepted += 1;
    };
    await expect(
      (async () => {
        for (;;) await acceptOne();
      })(),
    ).rejects.toMatchObject({ code: 'overloaded' });
    expect(accepted).toBe(6);
    scene.cluster.stalled = false;
    await vi.waitFor(
      () => expect(gateways.map(({ queue }) => queue.counts().pending)).toEqual([0, 0]),
      { timeout: PATIENCE_MS },
    );
    await acceptOne();
  });
});

describe('what is in Redis', () => {
  it('stays small over any number of requests without an idempotency key', async () => {
    const scene = await newScene();
    const { queue } = await gateway(scene, { maxFinished: 50 });
    for (let round = 0; round < 20; round += 1) {
      const calls = Array.from({ length: 50 }, (_, index) => queue.accept(appending([index])));
      await allFinished((await Promise.all(calls)).flat());
    }
    const { answers, finished, prefix, queueName } = redisKeys(scene.config.cluster, 'gateway');
    expect(await admin.hlen(answers)).toBe(50);
    expect(await admin.llen(finished)).toBe(50);
    await vi.waitFor(async () => {
      const jobs = (await keysOf(scene)).filter((key) => key.includes(`${queueName}:gateway-`));
      expect(jobs).toEqual([]);
    });
    expect((await keysOf(scene)).length).toBeLessThan(12);
    expect(await admin.xlen(`${prefix}:${queueName}:events`)).toBeLessThan(1000);
  });

  it('is nothing after the end of a cluster that is to be forgotten', async () => {
    const scene = await newScene();
    const { queue } = await gateway(scene, { forgetAtClose: true });
    await allFinished(await queue.accept(appending([1], 'K')));
    scene.cluster.stalled = true;
    await queue.accept(appending([2]));
    expect(await keysOf(scene)).not.toEqual([]);
    await queue.close();
    expect(await keysOf(scene)).toEqual([]);
  });

  it('is left alone where it makes no sense, and the rest goes on', async () => {
    const scene = await newScene();
    const { prefix, queueName } = redisKeys(scene.config.cluster, 'gateway');
    const foreign = new Queue(queueName, { connection: admin, prefix });
    await foreign.add('requests', { nonsense: true });
    const { queue, log } = await gateway(scene);
    await vi.waitFor(async () => expect(await foreign.getFailedCount()).toBe(1), {
      timeout: PATIENCE_MS,
    });
    expect(log.join()).toContain('a job that no gateway with this client id wrote');
    await allFinished(await queue.accept(appending([1])));
    expect(executed(scene.cluster)).toEqual([1]);
  });
});
