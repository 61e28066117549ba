import { freePort, startRedisServer, type RedisServer } from '@ccro/redis-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrokers } from './brokers.js';

const CLUSTER = { cluster: 'brokers-spec', size: 4 };

let server: RedisServer;

beforeAll(async () => {
  server = await startRedisServer();
});
afterAll(async () => {
  await server.stop();
});

describe('the brokers of a cluster', () => {
  it.each(['[::1]', 'localhost', '127.0.0.1'])(
    'D4: a local server listens where the URL says: %s',
    async (host) => {
      const lines: string[] = [];
      const redisUrl = `redis://:s3cret@${host}:${await freePort()}`;
      const source = await openBrokers(
        { broker: 'redis', redisUrl },
        {
          onNotice: (line) => lines.push(line),
          onFatal: (error) => lines.push(String(error)),
        },
      );
      expect(lines.join()).toContain(`No Redis answered at redis://${host}:`);
      expect(lines.join()).not.toContain('s3cret');
      await source.close();
    },
  );

  it('F7: two processes are never one node, whatever they keep', async () => {
    const source = await openBrokers(
      { broker: 'redis', redisUrl: server.url },
      {
        onNotice: () => undefined,
        onFatal: () => undefined,
      },
    );
    const lost: Error[] = [];
    const node = { ...CLUSTER, id: 2, onLost: (error: Error) => lost.push(error) };
    const first = await source.nodeConnection(node);
    await expect(source.nodeConnection(node)).rejects.toMatchObject({
      code: 'no-free-identity',
      message: expect.stringContaining(
        'Node 2 of cluster brokers-spec is running already',
      ) as unknown,
    });
    await first.close();
    const second = await source.nodeConnection(node);
    await second.close();
    expect(lost).toEqual([]);
    await source.close();
  }, 20_000);
});
