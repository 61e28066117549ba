import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, onTestFinished } from 'vitest';

/** A Redis server for all tests of a file or a describe block. @returns a function that names it */
export function freshRedis(): () => RedisServer {
  let server: RedisServer | undefined;
  beforeAll(async () => {
    server = await startRedisServer();
  });
  afterAll(() => server?.stop());
  return () => {
    if (server === undefined) throw new Error('the Redis server is not started yet');
    return server;
  };
}

/** A Redis server for one test, stopped when it has finished. */
export async function startedRedis(): Promise<RedisServer> {
  const server = await startRedisServer();
  onTestFinished(() => server.stop());
  return server;
}

/** A plain connection, which is none of the cluster's, until the test has finished. */
export function plainConnection(url: string): Redis {
  const redis = new Redis(url);
  onTestFinished(() => redis.disconnect());
  return redis;
}
