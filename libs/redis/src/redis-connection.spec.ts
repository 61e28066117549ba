import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisConnection, retryDelayMs, type RedisConnectionOptions } from './redis-connection.js';

let server: RedisServer;
let admin: Redis;
const connections: RedisConnection[] = [];

beforeAll(async () => {
  server = await startRedisServer();
  admin = new Redis(server.url, { retryStrategy: () => 20 });
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

function create(options: Partial<RedisConnectionOptions> = {}): RedisConnection {
  const made = new RedisConnection({ url: server.url, name: 'spec', ...options });
  connections.push(made);
  return made;
}

/** Resolves with the next change of `connected`. */
function change(connection: RedisConnection): Promise<boolean> {
  return new Promise((resolve) => connection.onConnectionChange(resolve));
}

async function breakConnections(): Promise<void> {
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}

const never = new AbortController().signal;

// What the broker relies on besides is tested with it, in redis-broker.spec.ts.
describe('RedisConnection', () => {
  it('refuses what is sent before it is open, while it is away, and after its end', async () => {
    const connection = create();
    expect(() => connection.redis).toThrow(expect.objectContaining({ code: 'unavailable' }));
    await connection.open();
    expect(await connection.redis.ping()).toBe('PONG');
    const away = change(connection);
    await breakConnections();
    expect(await away).toBe(false);
    expect(() => connection.redis).toThrow(expect.objectContaining({ code: 'unavailable' }));
    await connection.close();
    expect(() => connection.redis).toThrow(expect.objectContaining({ code: 'closed' }));
    await expect(connection.open()).rejects.toMatchObject({ name: 'RedisError', code: 'closed' });
  });

  it('does what must come first on each connection, one after another, and anew if it fails', async () => {
    const connection = create();
    const done: string[] = [];
    let refusals = 0;
    connection.beforeConnected(async (client) => {
      done.push(`first, ${await client.ping()}`);
    });
    connection.beforeConnected(() => {
      done.push(`second, ${connection.connected}`);
      refusals += 1;
      return refusals % 2 === 1 ? Promise.reject(new Error('refused')) : Promise.resolve();
    });
    await connection.open();
    const once = ['first, PONG', 'second, false'];
    expect(done).toEqual([...once, ...once]);
    const away = change(connection);
    await breakConnections();
    await away;
    await connection.untilConnected(never);
    expect(connection.connected).toBe(true);
    expect(done).toEqual([...once, ...once, ...once, ...once]);
  });

  it('asks until there is an answer, unless asking again is no use', async () => {
    const connection = create();
    await connection.open();
    const away = change(connection);
    await breakConnections();
    await away;
    expect(await connection.untilAnswered(() => connection.redis.ping(), never)).toBe('PONG');
    let asked = 0;
    const failing = (): Promise<never> => {
      asked += 1;
      return Promise.reject(new Error('again'));
    };
    await expect(connection.untilAnswered(failing, never, () => asked === 3)).rejects.toThrow(
      'again',
    );
    expect(asked).toBe(3);
    const aborted = AbortSignal.abort();
    await expect(connection.untilAnswered(failing, aborted)).rejects.toThrow('again');
  });

  it('ends the waiting for it when that is not wanted any more', async () => {
    const connection = create();
    const wanted = new AbortController();
    const waiting = connection.untilConnected(wanted.signal);
    wanted.abort();
    await waiting;
    expect(connection.connected).toBe(false);
  });

  it('has its scripts as commands, also after the server has lost them', async () => {
    const scripts = { ccroSum: { numberOfKeys: 0, lua: 'return ARGV[1] + ARGV[2]' } };
    const connection = create({ scripts });
    await connection.open();
    const sum = (): Promise<unknown> =>
      (connection.redis as unknown as { ccroSum(...args: number[]): Promise<unknown> }).ccroSum(
        1,
        2,
      );
    expect(await sum()).toBe(3);
    await admin.script('FLUSH');
    expect(await sum()).toBe(3);
  });

  it('speaks RESP3, and receives messages while it sends', async () => {
    const connection = create({ name: 'both' });
    await connection.open();
    expect(String(await admin.client('LIST'))).toMatch(/ name=both .* resp=3/);
    const heard = new Promise((resolve) =>
      connection.onMessage((channel, payload) =>
        resolve([channel, Buffer.from(payload).toString()]),
      ),
    );
    await connection.redis.subscribe('a');
    await connection.redis.publish('a', 'b');
    expect(await heard).toEqual(['a', 'b']);
  });
});

describe('retryDelayMs', () => {
  it('grows from some 20 ms to at most a second', () => {
    const delays = Array.from({ length: 50 }, (_, index) => retryDelayMs(index + 1));
    expect(delays[0]).toBeLessThanOrEqual(20);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(16);
    expect(Math.max(...delays)).toBeLessThanOrEqual(1_000);
    expect(delays.at(-1)).toBeGreaterThanOrEqual(800);
  });
});
