/**
 * Users of Redis for a cluster: what each of its processes may do there, and no more. See ADR 19
 * for what this protects, and what only signatures can.
 *
 * A rule for channels counts for publishing and subscribing alike, and a user needs both, of
 * different channels. So they are in rules of their own ("selectors", Redis 7): the first part of
 * a user says where it listens and which keys it has, the part in parentheses where it publishes.
 */

import { channelNames, channelPrefix, leaseKey } from '@ccro/broker';
import { type RedisUrl } from '@ccro/redis';
import { hash, randomBytes } from 'node:crypto';
import { GATEWAY_CLIENT, type ClusterConfig } from './cluster-config.js';
import { ConfigurationError, notAllowed } from './configuration-error.js';
import { PRIVATE, writeNewFiles, type NewFile } from './secret-files.js';

const ACL_FILE = 'users.acl';
const PASSWORD_BYTES = 32;

/** A user and what is allowed to it, in the words of Redis' ACL files. */
interface RedisUser {
  readonly name: string;
  /** Name of the file with its URL, without `.env`. */
  readonly file: string;
  readonly rules: readonly string[];
}

/** Making, naming and watching over a connection: what ioredis does by itself. */
const CONNECTION = ['+hello', '+auth', '+ping', '+client|setname', '+quit'];
const LISTENING = ['+subscribe', '+unsubscribe'];
/**
 * What an id is leased with (`LeaseKeys` in @ccro/broker): one number under one key, whatever is
 * done with it. No command of these stores anything of a length of its own, as SET does; MULTI would
 * queue commands without end, another database would have a key of its own, and a script could stop
 * Redis for everybody.
 */
const LEASING = ['+get', '+incrby', '+pexpire'];
/**
 * The queues, of requests and of BullMQ: data and scripts, over their own keys alone. Nothing that lists other
 * keys or is dangerous, such as FLUSHALL.
 */
const QUEUEING = [
  ...['+@read', '+@write', '+@transaction', '-@dangerous', '-@scripting', '-scan', '-randomkey'],
  ...['+eval', '+evalsha', '+time', '+info'],
];

/** What begins the names of all keys that the gateways of a cluster keep of requests in Redis. */
export function queueKeyPrefix(cluster: string): string {
  return `ccro-requests:{${cluster}}`;
}

/** The same, of experiments. */
export function experimentKeyPrefix(cluster: string): string {
  return `ccro-experiments:{${cluster}}`;
}

/** One for each node and client, and one for the operator of Redis. */
function redisUsers(
  { cluster, members, clients }: ClusterConfig,
  gateways: readonly string[],
  database: number,
): RedisUser[] {
  const channels = channelNames(cluster);
  const pattern = (channel: string): string => `&${channelPrefix(database)}${channel}`;
  const everyNode = pattern(`ccro:{${cluster}}:node:*`);
  const everyClient = pattern(`ccro:{${cluster}}:client:*`);
  const connecting = database === 0 ? CONNECTION : [...CONNECTION, `+select|${database}`];
  const nodes = members.map(({ id }) => ({
    name: `ccro-${cluster}-node-${id}`,
    file: `node-${id}`,
    rules: [
      ...[...connecting, ...LISTENING, ...LEASING, `~${leaseKey(cluster, id)}`],
      ...[pattern(channels.broadcast), pattern(channels.node(id))],
      publishing(
        ...[pattern(channels.broadcast), everyNode, everyClient],
        pattern(channels.telemetry(id)),
      ),
    ],
  }));
  const others = clients.map(({ id }) => ({
    name: `ccro-${cluster}-client-${id}`,
    file: `client-${id}`,
    rules: [
      ...[...connecting, ...LISTENING, pattern(channels.client(id))],
      ...(gateways.includes(id) ? gatewayRules(cluster, pattern) : []),
      publishing(pattern(channels.broadcast), everyNode),
    ],
  }));
  const admin = { name: 'ccro-admin', file: 'admin', rules: ['~*', '&*', '+@all'] };
  return [...nodes, ...others, admin];
}

/**
 * A gateway's further ones: it shows what nodes tell of themselves, keeps what it accepted, and
 * receives the replies to what it relays for other clients.
 */
function gatewayRules(cluster: string, pattern: (channel: string) => string): string[] {
  const keys = [queueKeyPrefix(cluster), experimentKeyPrefix(cluster)];
  const channels = ['telemetry', 'client'].map((part) => pattern(`ccro:{${cluster}}:${part}:*`));
  return [...channels, ...QUEUEING, ...keys.map((prefix) => `~${prefix}:*`)];
}

function publishing(...channels: readonly string[]): string {
  return `(resetchannels -@all +publish ${channels.join(' ')})`;
}

/**
 * Makes users with random passwords: `users.acl` for Redis (`--aclfile`), which holds hashes alone,
 * and for each user a file with its `REDIS_URL`, as `--env-file` reads it. All are for their owner
 * alone.
 *
 * @param url where Redis is, without user and password
 * @param gateways clients that are gateways: they keep requests in Redis, and carry others'.
 *   Default: the one that is named so
 * @returns the files, that of the ACL first
 * @throws ConfigurationError when the URL names a user, or a gateway is no client of the cluster
 */
export function redisUserFiles(
  config: ClusterConfig,
  url: RedisUrl,
  gateways: readonly string[] = config.clients.map(({ id }) => id).filter(isGateway),
): NewFile[] {
  const clients = config.clients.map(({ id }) => id);
  const stranger = gateways.find((id) => !clients.includes(id));
  if (stranger !== undefined) {
    throw notAllowed('--gateway', stranger, `clients of the cluster: ${clients.join(', ')}`);
  }
  if (url.namesUser) {
    throw new ConfigurationError('--redis-url', 'names a user; allowed: where Redis is, alone');
  }
  const users = redisUsers(config, gateways, url.database).map((user) => ({
    ...user,
    password: randomBytes(PASSWORD_BYTES).toString('base64url'),
  }));
  const acl = users.map(
    ({ name, password, rules }) =>
      `user ${name} on #${hash('sha256', password)} resetkeys resetchannels -@all ${rules.join(' ')}`,
  );
  return [
    // A connection that does not authenticate may do nothing.
    { name: ACL_FILE, text: ['user default reset', ...acl, ''].join('\n'), mode: PRIVATE },
    ...users.map(({ name, password, file }) => ({
      name: `${file}.env`,
      text: `REDIS_URL=${url.withUser(name, password)}\n`,
      mode: PRIVATE,
    })),
  ];
}

/**
 * The same, written to a directory. Overwrites nothing.
 *
 * @returns paths of the files, that of the ACL first
 * @throws ConfigurationError also when a file is there already
 */
export function generateRedisUsers(
  config: ClusterConfig,
  directory: string,
  url: RedisUrl,
  gateways?: readonly string[],
): string[] {
  return writeNewFiles(directory, redisUserFiles(config, url, gateways));
}

/** By the name that a gateway has unless it is told another. */
function isGateway(client: string): boolean {
  return client === GATEWAY_CLIENT;
}
