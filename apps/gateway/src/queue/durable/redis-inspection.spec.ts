import { SilentPath } from '@ccro/process-cluster';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  queueGateway,
  type GatewayOptions,
  type QueueGateway,
} from '../../../test/queue-gateway.js';
import { queueScene, type QueueScene } from '../../../test/queue-scene.js';
import { allFinished, appending, executed, expectRefusal } from '../request-queue.contract.js';

const PATIENCE = { timeout: 9000, interval: 50 };

let redis: RedisServer;
let admin: Redis;
let scene: QueueScene;
const gateways: QueueGateway[] = [];

beforeEach(async () => {
  redis = await startRedisServer();
  admin = new Redis(redis.url);
  scene = await queueScene('inspection-spec');
});
afterEach(async () => {
  await Promise.all(gateways.splice(0).map(({ queue }) => queue.close()));
  admin.disconnect();
  await scene.close();
  await redis.stop();
});

async function gateway(url = redis.url, options: GatewayOptions = {}): Promise<QueueGateway> {
  const made = await queueGateway(scene, url, options);
  gateways.push(made);
  await made.queue.open();
  return made;
}

it('H8: an outage of Redis is a warning when it begins and when it is over, each once', async () => {
  admin.disconnect(); // it would complain of the outages as well
  const made = await gateway();
  const told = (): string[] => made.warnings.filter((line) => /^Redis is (away|back)/.test(line));
  for (const outages of [1, 2]) {
    await redis.kill();
    const away = 'Redis is away: no request is accepted until it is back';
    await vi.waitFor(() => expect(told().at(-1)).toBe(away), PATIENCE);
    await redis.restart();
    const back = 'Redis is back: requests are accepted again';
    await vi.waitFor(() => expect(told().at(-1)).toBe(back), PATIENCE);
    expect(told()).toHaveLength(2 * outages);
  }
});

describe('what the queue assumes of Redis', () => {
  it('D5: that it evicts nothing: else the queue does not open, and says what to do', async () => {
    await admin.config('SET', 'maxmemory', '100mb');
    await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
    await expect(gateway()).rejects.toMatchObject({
      name: 'RedisError',
      message: expect.stringMatching(/is allkeys-lru.*set maxmemory-policy noeviction/) as unknown,
    });
  });

  it('D5, sibling: nor begins to: then it is not ready, says so once, and when it is over', async () => {
    const made = await gateway();
    expect(made.queue.trouble()).toBeUndefined();
    await admin.config('SET', 'maxmemory', '100mb');
    await admin.config('SET', 'maxmemory-policy', 'volatile-ttl');
    await vi.waitFor(() => expect(made.queue.trouble()).toMatch(/is volatile-ttl/), PATIENCE);
    await admin.config('SET', 'maxmemory-policy', 'noeviction');
    await vi.waitFor(() => expect(made.queue.trouble()).toBeUndefined(), PATIENCE);
    const told = made.warnings.filter((line) => /volatile-ttl|evicts/.test(line));
    expect(told).toEqual([
      expect.stringContaining('set maxmemory-policy noeviction'),
      'Redis: evicts is over, all is well again',
    ]);
  });

  it('D5, sibling: that it writes to the disk, as a warning where it does not', async () => {
    const kept = await gateway();
    expect(kept.log.filter((line) => line.includes('appendonly'))).toEqual([
      'Redis: it keeps no log of writes, so what was accepted and is not decided is lost when it ' +
        'ends: set appendonly yes',
    ]);
    const forgotten = await gateway(redis.url, { forgetAtClose: true });
    expect(forgotten.log.join()).not.toContain('appendonly');
  });

  it('D5, sibling: goes on, and says so, where its user may not ask', async () => {
    const rules = ['on', '>pw', '~*', '&*', '+@all', '-config'];
    await admin.call('ACL', 'SETUSER', 'blind', ...rules);
    const made = await gateway(redis.url.replace('redis://', 'redis://blind:pw@'));
    expect(made.log.join()).toMatch(/it keeps no log of writes/);
    expect(String(await admin.call('ACL', 'LOG'))).toBe('');
    await admin.call('ACL', 'SETUSER', 'blind', '-info');
    await vi.waitFor(() => expect(made.log.join()).toMatch(/may not ask INFO/), PATIENCE);
    expect(made.queue.trouble()).toBeUndefined();
    await allFinished(await made.queue.accept(appending(['x'])));
  });

  it('D6: a Redis whose memory is full makes it not ready, until there is room again', async () => {
    const made = await gateway();
    await admin.config('SET', 'maxmemory', '1mb');
    await vi.waitFor(
      () => expect(made.queue.trouble()).toMatch(/^Redis: OOM .*raise maxmemory/),
      PATIENCE,
    );
    await expectRefusal(made.queue.accept(appending(['meanwhile'])), 'refused');
    await admin.config('SET', 'maxmemory', '0');
    await vi.waitFor(() => expect(made.queue.trouble()).toBeUndefined(), PATIENCE);
    await allFinished(await made.queue.accept(appending(['after'])));
    expect(made.log.filter((line) => /^Redis: .*OOM/.test(line))).toHaveLength(2);
  });

  it('D6, sibling: so does one whose user may not write any more', async () => {
    const made = await gateway();
    await admin.call('ACL', 'SETUSER', 'default', '-hset');
    await vi.waitFor(() => expect(made.queue.trouble()).toMatch(/^Redis: NOPERM/), PATIENCE);
    await admin.call('ACL', 'SETUSER', 'default', '+hset');
    await vi.waitFor(() => expect(made.queue.trouble()).toBeUndefined(), PATIENCE);
  });

  it('F5: a server that became a replica is left, and said to be one', async () => {
    const made = await gateway();
    await admin.replicaof('127.0.0.1', 1);
    await vi.waitFor(() => expect(made.queue.trouble()).toMatch(/replica/), PATIENCE);
    await admin.replicaof('NO', 'ONE');
    await vi.waitFor(() => expect(made.queue.trouble()).toBeUndefined(), PATIENCE);
    await allFinished(await made.queue.accept(appending(['after'])));
  });
});

describe('connections that go silent', () => {
  it('F6: another gateway takes over within seconds, and it is logged', async () => {
    scene.cluster.stalled = true;
    const [own, path] = [await SilentPath.to(redis.port), await SilentPath.to(redis.port)];
    const first = await gateway(own.url);
    const second = await gateway(path.url);
    await first.queue.accept(appending(['a', 'b', 'c']));
    path.silence();
    // The first one is gone, with all its connections.
    own.stop();
    await first.silence();
    scene.cluster.stalled = false;
    await vi.waitFor(() => expect(executed(scene.cluster)).toHaveLength(3), {
      timeout: 20_000,
      interval: 50,
    });
    expect(second.log.join()).toMatch(/Redis said nothing for 5000 ms/);
    await vi.waitFor(() => expect(second.log.join()).toMatch(/silent is over/), PATIENCE);
    path.stop();
  }, 40_000);
});
