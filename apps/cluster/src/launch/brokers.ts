import {
  BrokerError,
  IdentityLease,
  InProcessHub,
  nodeConnectionName,
  RedisBroker,
  type Broker,
} from '@ccro/broker';
import { RedisUrl } from '@ccro/redis';
import { loadRedisCa } from '@ccro/cluster-config';
import { KeptAlive } from '@ccro/process-cluster';
import { RedisServerError, startRedisServer, type RedisServer } from '@ccro/redis-server';
import type { ClusterOptions } from '../options/cluster-options.js';
import type { TroubleListener } from './running-cluster.js';

/** Where the participants of one cluster get their connections. */
export interface BrokerSource {
  /** URL of the Redis in use; undefined when the broker lives in this process. */
  readonly redisUrl: string | undefined;
  /** See `RedisClientOptions`. */
  readonly redisCa?: string | undefined;
  /** A connection of its own for one participant, not connected yet. */
  connection(name: string): Broker;
  /**
   * The same for a node. Over Redis it holds the node's id: another process with a copy of the
   * directory would sign with the same keys.
   *
   * @throws BrokerError `no-free-identity` when another process is that node
   */
  nodeConnection(node: NodeIdentity): Promise<Broker>;
  /** Whether a Redis that was started here is being started again. */
  isAway(): boolean;
  close(): Promise<void>;
}

export interface NodeIdentity {
  readonly cluster: string;
  readonly size: number;
  readonly id: number;
  /** Another process took over as this node: it must stop. */
  readonly onLost: (error: Error) => void;
}

const PROBE_TIMEOUT_MS = 1_000;

/** What there is to know of a Redis that was started here. */
type StartedServer = Pick<BrokerSource, 'isAway' | 'close'>;
const NO_SERVER: StartedServer = { isAway: () => false, close: () => Promise.resolve() };

/**
 * The embedded broker, or Redis. With `redis` and no server at a loopback URL a local
 * `redis-server` is started there, if there is one; `listener` is told of that one.
 *
 * @throws RedisServerError when there is neither a server nor a program to start one,
 *   ConfigurationError for a CA file that is none
 */
export async function openBrokers(
  { broker, redisUrl, redisCaFile }: Pick<ClusterOptions, 'broker' | 'redisUrl' | 'redisCaFile'>,
  listener: TroubleListener,
): Promise<BrokerSource> {
  if (broker === 'embedded') return embedded();
  const redisCa = loadRedisCa({ redisUrl, redisCaFile });
  const reachable = await answers(redisUrl, redisCa);
  const server = reachable ? NO_SERVER : await startLocal(redisUrl, listener);
  return {
    redisUrl,
    redisCa,
    connection: (name) => new RedisBroker({ url: redisUrl, ca: redisCa, name }),
    nodeConnection: (node) => leased({ url: redisUrl, ca: redisCa }, node),
    ...server,
  };
}

function embedded(): BrokerSource {
  const hub = new InProcessHub();
  return {
    redisUrl: undefined,
    connection: (name) => hub.broker(name),
    nodeConnection: ({ id }) => Promise.resolve(hub.broker(nodeConnectionName(id))),
    ...NO_SERVER,
  };
}

async function leased(
  redis: { readonly url: string; readonly ca: string | undefined },
  { cluster, size, id, onLost }: NodeIdentity,
): Promise<Broker> {
  const broker = new RedisBroker({ ...redis, name: nodeConnectionName(id) });
  try {
    await broker.connect();
    const lost = (): void => onLost(new Error(`another process took over as node ${id}`));
    await IdentityLease.take({ cluster, size, id, onLost: lost }, broker.leases);
    return broker;
  } catch (error) {
    await broker.close();
    throw error;
  }
}

async function answers(url: string, ca: string | undefined): Promise<boolean> {
  const name = 'ccro:probe';
  const probe = new RedisBroker({ url, ca, name, connectTimeoutMs: PROBE_TIMEOUT_MS });
  try {
    await probe.connect();
    return true;
  } catch (error) {
    // One that is there and refuses us is not to be replaced by another.
    const isAway = error instanceof BrokerError && error.code === 'unreachable';
    const { isLoopback, tls } = new RedisUrl(url);
    if (isAway && isLoopback && !tls) return false;
    throw error;
  } finally {
    await probe.close();
  }
}

/** Starts a redis-server, and again whenever it ends: nodes and gateway wait for it. */
async function startLocal(url: string, listener: TroubleListener): Promise<StartedServer> {
  const { host, port, shown } = new RedisUrl(url);
  const server: RedisServer = await startRedisServer({
    host,
    port,
    onUnexpectedEnd: (why) => keeper.ended(why),
  });
  const keeper = new KeptAlive(
    { name: 'redis-server', start: () => server.restart() },
    {
      onNotice: (line) => listener.onNotice(line),
      onGivenUp: (_, why) =>
        listener.onFatal(
          new RedisServerError('start-failed', `redis-server ended and cannot be started: ${why}`),
        ),
    },
  );
  listener.onNotice(
    `No Redis answered at ${shown}: started a local redis-server (pid ${server.pid}).`,
  );
  return {
    isAway: () => !server.running,
    close: async () => {
      await keeper.stop();
      await server.stop();
    },
  };
}
