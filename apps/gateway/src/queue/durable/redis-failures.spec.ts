import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  queueGateway,
  type GatewayOptions,
  type QueueGateway,
} from '../../../test/queue-gateway.js';
import { queueScene, type QueueScene } from '../../../test/queue-scene.js';
import type { QueueError } from '../queue-error.js';
import {
  allFinished,
  appending,
  executed,
  executedInAnyOrder,
  expectRefusal,
} from '../request-queue.contract.js';
import type { AcceptedRequest } from '../request-queue.js';
import { redisKeys } from './redis-keys.js';

const PATIENCE_MS = 9000;

let redis: RedisServer;
let admin: Redis;
let scene: QueueScene;
const gateways: QueueGateway[] = [];

beforeEach(async () => {
  redis = await startRedisServer();
  admin = new Redis(redis.url, { retryStrategy: () => 20 });
  admin.on('error', () => undefined);
  scene = await queueScene('failures-spec');
});
afterEach(async () => {
  await Promise.all(gateways.splice(0).map(({ queue }) => queue.close()));
  admin.disconnect();
  await scene.close();
  await redis.stop();
});

async function gateway(options: GatewayOptions = {}): Promise<QueueGateway> {
  const made = await queueGateway(scene, redis.url, options);
  gateways.push(made);
  await made.queue.open();
  return made;
}

/** Breaks every connection but the spec's own. */
async function killConnections(): Promise<void> {
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}

/** Has Redis answer what is read, and nothing that is written until it is told to go on. */
async function holdWrites(): Promise<void> {
  await admin.call('CLIENT', 'PAUSE', '60000', 'WRITE');
}

/** Waits until all of `ids` are decided. */
async function untilDecided({ queue }: QueueGateway, ids: readonly string[]): Promise<void> {
  await vi.waitFor(
    async () => {
      const found = await Promise.all(ids.map((id) => queue.find(id)));
      expect(found.filter((answer) => answer?.status !== 'decided')).toEqual([]);
    },
    { timeout: PATIENCE_MS, interval: 50 },
  );
}

function idsOf(requests: readonly AcceptedRequest[]): string[] {
  return requests.map(({ id }) => id);
}

describe('without Redis', () => {
  it('opening fails, and says what to do', async () => {
    await redis.kill();
    const { queue } = await queueGateway(scene, redis.url);
    await expect(queue.open()).rejects.toMatchObject({
      name: 'RedisError',
      code: 'unreachable',
      message: expect.stringContaining('REDIS_URL') as unknown,
    });
    await queue.close();
  });

  it('nothing is accepted, then or later, and soon said so; with it back all goes on', async () => {
    const made = await gateway();
    await allFinished(await made.queue.accept(appending(['before'])));
    await redis.kill();
    // What is written before the break is noticed would be uncertain.
    await vi.waitFor(() => expectRefusal(made.queue.find('gateway-1'), 'unreachable'));
    const startedAtMs = performance.now();
    await expectRefusal(made.queue.accept(appending(['meanwhile'], 'K')), 'unreachable');
    expect(performance.now() - startedAtMs).toBeLessThan(3000);
    // The outage is known by now.
    await expectRefusal(made.queue.accept(appending(['meanwhile'])), 'unreachable');
    await redis.restart();
    await vi.waitFor(() => made.queue.accept(appending(['after'])), { timeout: PATIENCE_MS });
    await vi.waitFor(() => expect(executed(scene.cluster)).toEqual(['before', 'after']));
  });

  it('a break that is over in a moment is not noticed', async () => {
    const made = await gateway();
    await allFinished(await made.queue.accept(appending(['before'])));
    await killConnections();
    await allFinished(await made.queue.accept(appending(['after'])));
    expect(executed(scene.cluster)).toEqual(['before', 'after']);
  });
});

describe('a call that Redis refuses in the middle of the script', () => {
  const wrongType = (key: 'intake' | 'answers' | 'keys' | 'owners') => async (): Promise<void> => {
    await admin.set(redisKeys(scene.config.cluster, 'gateway')[key], 'a text');
  };
  const withoutRight = (command: string) => async (): Promise<void> => {
    await admin.call('ACL', 'SETUSER', 'default', `-${command}`);
  };

  it.each([
    ['the intake is none', wrongType('intake')],
    ['answers are none', wrongType('answers')],
    ['idempotency keys are none', wrongType('keys')],
    ['owners are none', wrongType('owners')],
    ['it may not lease', withoutRight('xclaim')],
    ['it may not begin the group', withoutRight('xgroup')],
  ])('leaves nothing behind, neither waiting nor in the intake: %s', async (_, refuse) => {
    const made = await gateway();
    await refuse();
    await expectRefusal(made.queue.accept(appending(['refused'], 'K')), 'refused');
    const { intake, waiting } = redisKeys(scene.config.cluster, 'gateway');
    expect(await admin.zcard(waiting)).toBe(0);
    if ((await admin.type(intake)) === 'stream') expect(await admin.xlen(intake)).toBe(0);
    await admin.call('ACL', 'SETUSER', 'default', '+@all');
    await admin.flushall();
    await allFinished(await made.queue.accept(appending(['later'], 'K')));
    expect(executed(scene.cluster)).toEqual(['later']);
  });
});

describe('a call that was accepted before', () => {
  it('leaves no second entry when it is written again', async () => {
    const made = await gateway();
    scene.cluster.stalled = true;
    const first = await made.queue.accept(appending(['once'], 'K'));
    const { intake } = redisKeys(scene.config.cluster, 'gateway');
    const second = await made.queue.accept(appending(['once'], 'K'));
    expect(idsOf(second)).toEqual(idsOf(first));
    expect(await admin.xlen(intake)).toBe(1);
    const [pending] = await admin.xpending(intake, 'gateways');
    expect(pending).toBe(1);
    scene.cluster.stalled = false;
    await allFinished(first);
  });
});

describe('a call whose writing has no known outcome', () => {
  it('is said to be uncertain with its id, and is accepted once if it is', async () => {
    const made = await gateway({ timeoutMs: 300 });
    await allFinished(await made.queue.accept(appending(['before'])));
    await holdWrites();
    const failure = await made.queue.accept(appending(['perhaps'], 'K')).then(
      () => undefined,
      (error: unknown) => error as QueueError,
    );
    expect(failure).toMatchObject({ name: 'QueueError', code: 'uncertain' });
    await admin.call('CLIENT', 'UNPAUSE');
    await untilDecided(made, failure?.ids ?? []);
    const again = await made.queue.accept(appending(['perhaps'], 'K'));
    expect(idsOf(again)).toEqual(failure?.ids);
    expect(executed(scene.cluster)).toEqual(['before', 'perhaps']);
  });

  it('is accepted once, and nothing that was refused is, however often connections break', async () => {
    const made = await gateway({ maxFinished: 1000 });
    const accepted = new Map<string, number>();
    const refused = new Set<number>();
    let sent = 0;
    const load = async (): Promise<void> => {
      while (sent < 120) {
        const data = sent;
        sent += 1;
        try {
          for (const id of idsOf(await made.queue.accept(appending([data])))) {
            accepted.set(id, data);
          }
        } catch (error) {
          expect(error).toMatchObject({ name: 'QueueError' });
          if ((error as QueueError).code !== 'uncertain') refused.add(data);
        }
      }
    };
    const workers = Array.from({ length: 8 }, load);
    for (let breaks = 0; breaks < 4; breaks += 1) {
      const target = sent + 15;
      await vi.waitFor(() => expect(sent).toBeGreaterThanOrEqual(target), { interval: 1 });
      await killConnections();
    }
    await Promise.all(workers);
    await untilDecided(made, [...accepted.keys()]);
    const done = executed(scene.cluster) as number[];
    expect(new Set(done).size).toBe(done.length);
    expect(done.filter((data) => refused.has(data))).toEqual([]);
    expect([...accepted.values()].filter((data) => !done.includes(data))).toEqual([]);
    expect(accepted.size).toBeGreaterThan(60);
  }, 30_000);
});

describe('a call with an idempotency key, while Redis answers nothing', () => {
  it('I9, sibling: is refused before anything of it is written', async () => {
    const made = await gateway({ timeoutMs: 300 });
    await allFinished(await made.queue.accept(appending(['before'], 'K')));
    redis.pause();
    for (const key of ['K', 'another']) {
      await expectRefusal(made.queue.accept(appending(['before'], key)), 'unreachable');
    }
    expect(made.queue.pending).toBe(0);
    redis.resume();
    await vi.waitFor(async () => {
      await allFinished(await made.queue.accept(appending(['before'], 'K')));
    });
    expect(executed(scene.cluster)).toEqual(['before']);
  });
});

describe('a Redis that has forgotten what it confirmed', () => {
  it('is told again by whoever sees to it, for whoever comes after', async () => {
    const first = await gateway();
    scene.cluster.stalled = true;
    const accepted = [
      ...(await first.queue.accept(appending(['a']))),
      ...(await first.queue.accept(appending(['b', 'c'], 'K'))),
    ];
    await redis.restart();
    const { waiting } = redisKeys(scene.config.cluster, 'gateway');
    await vi.waitFor(async () => expect(await admin.zcard(waiting)).toBe(3), {
      timeout: PATIENCE_MS,
    });
    // More is accepted meanwhile: what waits is as far from it as it was.
    accepted.push(...(await first.queue.accept(appending(['d']))));
    await first.queue.close();
    await first.silence();
    scene.cluster.stalled = false;
    const second = await gateway();
    await untilDecided(second, idsOf(accepted));
    expect(idsOf(await second.queue.accept(appending(['b', 'c'], 'K')))).toEqual(
      idsOf(accepted).slice(1, 3),
    );
    expect(executedInAnyOrder(scene.cluster)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('is told again of answers and keys, before it is asked for them', async () => {
    const made = await gateway();
    const answers = await allFinished([
      ...(await made.queue.accept(appending(['a', 'b'], 'K'))),
      ...(await made.queue.accept(appending(['c']))),
    ]);
    await redis.restart();
    // Whoever comes first comes after what was known is there again.
    const again = await allFinished(await made.queue.accept(appending(['a', 'b'], 'K')));
    expect(again).toEqual(answers.slice(0, 2));
    await expectRefusal(made.queue.accept(appending(['other'], 'K')), 'key-reused');
    expect(await Promise.all(answers.map(({ id }) => made.queue.find(id)))).toEqual(answers);
    expect(executedInAnyOrder(scene.cluster)).toEqual(['a', 'b', 'c']);
  });

  it('records what was decided meanwhile', async () => {
    const made = await gateway();
    scene.cluster.stalled = true;
    const [request] = await made.queue.accept(appending(['a']));
    await redis.kill();
    scene.cluster.stalled = false;
    await vi.waitFor(() => expect(executed(scene.cluster)).toEqual(['a']), {
      timeout: PATIENCE_MS,
    });
    // Decided, but not recorded: nobody is told yet.
    expect(request?.answer.status).toBe('pending');
    await redis.restart();
    expect(await request?.finished).toMatchObject({ status: 'decided' });
    await untilDecided(made, [request?.id ?? '']);
  });
});

describe('a Redis that is there and refuses', () => {
  it('to store more: nothing is accepted, and its reason is told', async () => {
    const made = await gateway();
    await allFinished(await made.queue.accept(appending(['before'])));
    await admin.config('SET', 'maxmemory', '1mb');
    const refused = made.queue.accept(appending(['meanwhile']));
    await expectRefusal(refused, 'refused');
    await expect(refused).rejects.toThrow(/OOM/);
    await admin.config('SET', 'maxmemory', '0');
    await allFinished(await made.queue.accept(appending(['after'])));
    expect(executed(scene.cluster)).toEqual(['before', 'after']);
  });

  it('to store more: what was accepted before is finished, which makes room', async () => {
    const made = await gateway();
    scene.cluster.stalled = true;
    const accepted = await made.queue.accept(appending(['a', 'b']));
    await admin.config('SET', 'maxmemory', '1mb');
    scene.cluster.stalled = false;
    expect(await allFinished(accepted)).toMatchObject([
      { status: 'decided' },
      { status: 'decided' },
    ]);
    await admin.config('SET', 'maxmemory', '0');
    await untilDecided(made, idsOf(accepted));
  });

  it('to run scripts that it has lost: they are loaded again', async () => {
    const made = await gateway();
    await allFinished(await made.queue.accept(appending(['before'])));
    await admin.script('FLUSH');
    await allFinished(await made.queue.accept(appending(['after'])));
    expect(executed(scene.cluster)).toEqual(['before', 'after']);
  });
});
