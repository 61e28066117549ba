import { InProcessHub, RedisBroker, type Broker } from '@ccro/broker';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import type { ClusterOptions } from '../options/cluster-options.js';

/** Where the participants of one cluster get their connections. */
export interface BrokerSource {
  /** URL of the Redis in use; undefined when the broker lives in this process. */
  readonly redisUrl: string | undefined;
  /** A connection of its own for one participant, not connected yet. */
  connection(name: string): Broker;
  close(): Promise<void>;
}

const PROBE_TIMEOUT_MS = 1_000;

/**
 * The embedded broker, or Redis. With `redis` and no server at a loopback URL a local
 * `redis-server` is started there, if there is one.
 *
 * @throws RedisServerError when there is neither a server nor a program to start one
 */
export async function openBrokers(
  { broker, redisUrl }: Pick<ClusterOptions, 'broker' | 'redisUrl'>,
  say: (line: string) => void,
): Promise<BrokerSource> {
  if (broker === 'embedded') return embedded();
  const reachable = await answers(redisUrl);
  const server = reachable ? undefined : await startLocal(redisUrl, say);
  return {
    redisUrl,
    connection: (name) => new RedisBroker({ url: redisUrl, name }),
    close: async () => {
      await server?.stop();
    },
  };
}

function embedded(): BrokerSource {
  const hub = new InProcessHub();
  return {
    redisUrl: undefined,
    connection: (name) => hub.broker(name),
    close: () => Promise.resolve(),
  };
}

async function answers(url: string): Promise<boolean> {
  const probe = new RedisBroker({ url, name: 'ccro:probe', connectTimeoutMs: PROBE_TIMEOUT_MS });
  try {
    await probe.connect();
    return true;
  } catch (error) {
    if (isLoopback(url)) return false;
    throw error;
  } finally {
    await probe.close();
  }
}

async function startLocal(url: string, say: (line: string) => void): Promise<RedisServer> {
  const { port } = new URL(url);
  const server = await startRedisServer({ port: port === '' ? 6379 : Number(port) });
  say(`No Redis answered at ${url}: started a local redis-server (pid ${server.pid}).`);
  return server;
}

function isLoopback(url: string): boolean {
  return ['127.0.0.1', 'localhost', '[::1]'].includes(new URL(url).hostname);
}
