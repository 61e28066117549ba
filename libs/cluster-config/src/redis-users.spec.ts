import { channelNames, channelPrefix, IdentityLease, leaseKey, RedisBroker } from '@ccro/broker';
import { RedisClient, RedisUrl } from '@ccro/redis';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError } from './configuration-error.js';
import { developmentCluster } from './development.js';
import { generateRedisUsers, queueKeyPrefix } from './redis-users.js';

const config = developmentCluster({
  nodes: 4,
  mode: 'ccro',
  cluster: 'acl',
  clients: ['gateway', 'other'],
});
const channels = channelNames('acl');
const [node, gateway, other] = [
  'ccro-acl-node-1',
  'ccro-acl-client-gateway',
  'ccro-acl-client-other',
];

let directory: string;
let files: string[];
let server: RedisServer;
let admin: Redis;

function urlIn(file: string): string {
  const [, url = ''] =
    /^REDIS_URL=(\S+)\n$/.exec(readFileSync(join(directory, file), 'utf8')) ?? [];
  return url;
}

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ccro-acl-'));
  // The server is asked who it is before anybody may do nothing any more.
  const aclFile = join(directory, 'server.acl');
  writeFileSync(aclFile, '');
  server = await startRedisServer({ extraArgs: ['--aclfile', aclFile] });
  files = generateRedisUsers(config, directory, new RedisUrl(server.url));
  writeFileSync(aclFile, readFileSync(join(directory, 'users.acl')));
  const before = new Redis(server.url);
  await before.acl('LOAD');
  before.disconnect();
  admin = new Redis(urlIn('admin.env'));
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
  rmSync(directory, { recursive: true });
});

/** Whether `user` may send this command, as Redis itself says. */
async function may(user: string, command: string): Promise<boolean> {
  return (await admin.call('ACL', 'DRYRUN', user, ...command.split(' '))) === 'OK';
}

/** Those of `commands` that `user` may send. */
async function allowed(user: string, commands: readonly string[]): Promise<string[]> {
  const answers = await Promise.all(commands.map((command) => may(user, command)));
  return commands.filter((_, index) => answers[index] === true);
}

/** What would end the connection, or have it wait. */
const ENDS_CONNECTION = new Set([
  'quit',
  'subscribe',
  'psubscribe',
  'ssubscribe',
  'monitor',
  'hello',
]);

/** The names of all commands, with their subcommands. */
async function everyCommand(): Promise<string[][]> {
  const names = (await admin.call('COMMAND', 'LIST')) as string[];
  const containers = [
    'client',
    'config',
    'acl',
    'object',
    'pubsub',
    'xgroup',
    'function',
    'script',
  ];
  const subcommands = containers.map(async (name) => {
    const details = (await admin.call('COMMAND', 'DOCS', name)) as [string, unknown[]];
    return JSON.stringify(details).match(new RegExp(`${name}\\|[a-z-]+`, 'g')) ?? [];
  });
  const all = [...names, ...(await Promise.all(subcommands)).flat()];
  return all.map((name) => name.split('|'));
}

async function memoryUsed(): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await admin.info('memory'))?.[1]);
}

describe('the files', () => {
  it('are private, and that of the ACL has no password', () => {
    expect(files.map((file) => file.slice(directory.length + 1))).toEqual([
      'users.acl',
      ...['node-0.env', 'node-1.env', 'node-2.env', 'node-3.env'],
      ...['client-gateway.env', 'client-other.env', 'admin.env'],
    ]);
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600);
    const acl = readFileSync(join(directory, 'users.acl'), 'utf8');
    const passwords = files
      .slice(1)
      .map((file) => new URL(urlIn(file.slice(directory.length + 1))));
    expect(new Set(passwords.map(({ password }) => password)).size).toBe(7);
    for (const { username, password } of passwords) {
      expect(acl).toContain(`user ${username} on #`);
      expect(password).toMatch(/^[\w-]{43}$/);
      expect(acl).not.toContain(password);
    }
  });

  it('are not overwritten, and name no other user', () => {
    const again = (url: string) => () => generateRedisUsers(config, directory, new RedisUrl(url));
    expect(again(server.url)).toThrow(ConfigurationError);
    expect(again('redis://me:secret@host')).toThrow(/^--redis-url names a user; allowed/);
  });
});

describe('gateways', () => {
  it('are those that are named, whatever their name', () => {
    const made = mkdtempSync(join(directory, 'named-'));
    generateRedisUsers(config, made, new RedisUrl(server.url), ['other']);
    const lines = readFileSync(join(made, 'users.acl'), 'utf8').split('\n');
    const keeping = lines.filter((line) => line.includes(queueKeyPrefix(config.cluster)));
    expect(keeping.map((line) => line.split(' ')[1])).toEqual(['ccro-acl-client-other']);
  });

  it('are clients of the cluster', () => {
    const make = (): unknown =>
      generateRedisUsers(config, directory, new RedisUrl(server.url), ['me']);
    expect(make).toThrow('--gateway is "me"; allowed: clients of the cluster: gateway, other');
  });
});

describe("a node's user", () => {
  it('hears its own inbox and what is said to all, and nothing that is said to others', async () => {
    const own = [channels.broadcast, channels.node(1)];
    const others = [channels.node(2), channels.client('gateway'), channels.telemetry(1)];
    const subscriptions = [...own, ...others].map((channel) => `SUBSCRIBE ${channel}`);
    expect(await allowed(node, subscriptions)).toEqual(
      own.map((channel) => `SUBSCRIBE ${channel}`),
    );
    expect(await allowed(node, ['PSUBSCRIBE ccro:*', 'SSUBSCRIBE x', 'MONITOR'])).toEqual([]);
  });

  it('says something to everybody, but nothing on the channel of another node', async () => {
    const { broadcast, telemetry } = channels;
    const inboxes = [channels.node(2), channels.client('gateway')];
    const foreign = ['ccro:{other}:broadcast', 'ccro:{acl}:news', telemetry(2), telemetry(12)];
    const messages = [broadcast, ...inboxes, telemetry(1), ...foreign].map(
      (channel) => `PUBLISH ${channel} x`,
    );
    expect(await allowed(node, messages)).toEqual(messages.slice(0, 4));
  });

  it('has its own lease and no other key, and cannot stop Redis', async () => {
    const lease = leaseKey('acl', 1);
    const leasing = [`GET ${lease}`, `INCRBY ${lease} 1`, `PEXPIRE ${lease} 1`];
    expect(await allowed(node, leasing)).toEqual(leasing);
    const queue = `${queueKeyPrefix('acl')}:answers`;
    const forbidden = [
      ...[`SET ${leaseKey('acl', 2)} x`, `DEL ${leaseKey('acl', 2)}`, `GET ${queue}`, 'KEYS *'],
      ...[`HGET ${queue} x`, `LPUSH ${lease} x`, 'SCAN 0', 'EVAL script 0', 'FLUSHALL', 'SHUTDOWN'],
      ...['CONFIG GET *', 'ACL LIST', 'CLIENT LIST', 'CLIENT KILL TYPE normal', 'DEBUG SLEEP 0'],
    ];
    expect(await allowed(node, forbidden)).toEqual([]);
  });

  it('I3: cannot fill Redis, whatever it sends: one number under one key is all it can keep', async () => {
    const lease = leaseKey('acl', 1);
    const user = new RedisClient({
      url: urlIn('node-1.env'),
      protocol: 3,
      enableReadyCheck: false,
    });
    const before = await memoryUsed();
    const commands = await everyCommand();
    const large = 'x'.repeat(100_000);
    // Each command there is, with its own key where a key may be, and as much data as it takes.
    for (const [name, ...rest] of commands) {
      if (ENDS_CONNECTION.has(name ?? '')) continue;
      const words = [name ?? '', ...rest];
      for (const args of [
        [lease, large],
        [lease, '1', large],
        [lease, large, large],
        [lease],
        ['3'],
      ]) {
        await user.call(words[0] ?? '', ...words.slice(1), ...args).catch(() => undefined);
      }
    }
    for (let times = 0; times < 200; times += 1) await user.incrby(lease, 2 ** 40 + times);
    for (const database of [0, 1, 2, 15]) {
      const other = new Redis(urlIn('admin.env'), { db: database });
      expect(await other.keys('*')).toEqual(database === 0 ? [lease] : []);
      other.disconnect();
    }
    expect(await admin.strlen(lease)).toBeLessThanOrEqual(20);
    user.disconnect();
    await expect.poll(async () => (await memoryUsed()) - before).toBeLessThan(500_000);
    await admin.del(lease);
  }, 60_000);

  it('I3, sibling: has no transactions, no other database, and learns nothing of the server', async () => {
    const forbidden = ['MULTI', 'WATCH x', 'SELECT 1', 'SELECT 0', 'INFO', 'COMMAND', 'DBSIZE'];
    expect(await allowed(node, forbidden)).toEqual([]);
    expect(await allowed(other, forbidden)).toEqual([]);
  });

  it('D3: of another database has the channels of that alone', async () => {
    const made = mkdtempSync(join(directory, 'database-'));
    generateRedisUsers(config, made, new RedisUrl(`${server.url}/5`));
    const lines = readFileSync(join(made, 'users.acl'), 'utf8').split('\n');
    const line = lines.find((each) => each.includes(`${node} `)) ?? '';
    const [, , ...rules] = line.match(/\([^)]*\)|\S+/g) ?? [];
    await admin.call('ACL', 'SETUSER', 'in-five', ...rules);
    const spoken = [channels.broadcast, channels.node(2), channels.telemetry(1)];
    const publish = (prefix: string): string[] =>
      spoken.map((channel) => `PUBLISH ${prefix}${channel} x`);
    expect(await allowed('in-five', publish(channelPrefix(5)))).toEqual(publish(channelPrefix(5)));
    expect(await allowed('in-five', [...publish(''), ...publish(channelPrefix(6))])).toEqual([]);
    expect(await allowed('in-five', ['SELECT 5', 'SELECT 0', 'SELECT 55'])).toEqual(['SELECT 5']);
    const url = readFileSync(join(made, 'node-1.env'), 'utf8').trim().slice('REDIS_URL='.length);
    const { password } = new RedisUrl(url);
    const broker = new RedisBroker({
      url: new RedisUrl(`${server.url}/5`).withUser('in-five', password ?? ''),
      name: 'ccro:node',
    });
    await broker.subscribe([channels.broadcast, channels.node(1)]);
    await broker.connect();
    await IdentityLease.take({ cluster: 'acl', size: 4, id: 1 }, broker.leases);
    expect(await broker.publish(channels.broadcast, Buffer.from('x'))).toBe(1);
    await broker.close();
  });

  it('is enough for a node: it takes its id, is called by it, speaks and hears', async () => {
    const broker = new RedisBroker({ url: urlIn('node-1.env'), name: 'ccro:node' });
    await broker.subscribe([channels.broadcast, channels.node(1)]);
    await broker.connect();
    const lease = await IdentityLease.take({ cluster: 'acl', size: 4, id: 1 }, broker.leases);
    await broker.rename('ccro:node:1');
    expect(await broker.publish(channels.node(1), Buffer.from('x'))).toBe(1);
    await expect(broker.publish(channels.telemetry(2), Buffer.from('x'))).rejects.toMatchObject({
      code: 'unauthorized',
    });
    await expect(broker.subscribe([channels.node(2)])).rejects.toMatchObject({
      code: 'unauthorized',
    });
    await lease.release();
    expect(await admin.get(leaseKey('acl', 1))).toBe('0');
    await broker.close();
  });

  it('takes no other id', async () => {
    const broker = new RedisBroker({ url: urlIn('node-1.env'), name: 'ccro:node' });
    await broker.connect();
    const taking = IdentityLease.take({ cluster: 'acl', size: 4, id: 2, ttlMs: 50 }, broker.leases);
    await expect(taking).rejects.toMatchObject({ code: 'unauthorized' });
    await broker.close();
  });
});

describe('the users of clients, and who has none', () => {
  it('send to nodes; the gateway alone has the queue and hears telemetry', async () => {
    const { broadcast, client, telemetry } = channels;
    const both = [`PUBLISH ${broadcast} x`, `PUBLISH ${channels.node(3)} x`];
    const gatewayOnly = [
      `SUBSCRIBE ${telemetry(3)}`,
      `HGET ${queueKeyPrefix('acl')}:answers x`,
      `EVALSHA 0 1 ${queueKeyPrefix('acl')}:intake:gateway`,
      `XADD ${queueKeyPrefix('acl')}:intake:gateway * calls x`,
      `XGROUP CREATE ${queueKeyPrefix('acl')}:intake:gateway gateways $ MKSTREAM`,
      `XAUTOCLAIM ${queueKeyPrefix('acl')}:intake:gateway gateways x 1 0-0`,
    ];
    const neither = [
      ...[`PUBLISH ${telemetry(3)} x`, `PUBLISH ${client('gateway')} x`],
      ...[
        `GET ${leaseKey('acl', 1)}`,
        'FLUSHALL',
        'SCAN 0',
        'KEYS *',
        'SCRIPT FLUSH',
        'CONFIG GET x',
      ],
    ];
    const asked = [...both, ...gatewayOnly, ...neither];
    expect(await allowed(gateway, asked)).toEqual([...both, ...gatewayOnly]);
    expect(await allowed(other, asked)).toEqual(both);
    expect(await may(gateway, `SUBSCRIBE ${client('gateway')}`)).toBe(true);
    expect(await may(other, `SUBSCRIBE ${client('gateway')}`)).toBe(false);
  });

  it('lets nobody in without a user', async () => {
    const broker = new RedisBroker({ url: server.url, name: 'ccro:stranger' });
    await expect(broker.connect()).rejects.toMatchObject({ code: 'unauthorized' });
  });
});
