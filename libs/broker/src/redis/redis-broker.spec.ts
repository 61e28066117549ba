import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { RedisClient, troubleText } from '@ccro/redis';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { describeBrokerContract } from '../broker.contract.js';
import { channelNames } from '../channels.js';
import { RedisBroker, type RedisBrokerOptions } from './redis-broker.js';

describeBrokerContract('RedisBroker', async () => {
  const server = await startRedisServer();
  return {
    broker: (name) => new RedisBroker({ url: server.url, name }),
    breakOff: () => server.kill(),
    restore: () => server.restart(),
    stop: () => server.stop(),
  };
});

const payload = new Uint8Array(8);
const brokers: RedisBroker[] = [];
let server: RedisServer;
let admin: Redis;

beforeAll(async () => {
  server = await startRedisServer();
  admin = new Redis(server.url);
});
afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.close()));
});
afterAll(async () => {
  admin.disconnect();
  await server.stop();
});

function newBroker(options: Partial<RedisBrokerOptions> = {}): RedisBroker {
  const broker = new RedisBroker({ url: server.url, name: 'ccro:node:0', ...options });
  brokers.push(broker);
  return broker;
}

/** Resolves when the broker's connection next becomes what is asked for. */
function change(broker: RedisBroker, to: boolean): Promise<void> {
  return new Promise((resolve) => {
    broker.onConnectionChange((connected) => {
      if (connected === to) resolve();
    });
  });
}

/** The lines of CLIENT LIST for connections of this name. */
async function connectionsNamed(name: string): Promise<string[]> {
  const list = String(await admin.client('LIST'));
  return list.split('\n').filter((line) => line.includes(` name=${name} `));
}

describe('the one connection', () => {
  it('speaks RESP3, bears the name, publishes and subscribes', async () => {
    const broker = newBroker({ name: 'ccro:node:7' });
    await broker.subscribe(['here']);
    await broker.connect();
    expect(await broker.publish('here', payload)).toBe(1);
    const connections = await connectionsNamed('ccro:node:7');
    expect(connections).toHaveLength(1);
    expect(connections[0]).toMatch(/ sub=1 .* resp=3/);
    const all = String(await admin.client('LIST'))
      .trim()
      .split('\n');
    expect(all).toHaveLength(2); // this one and the spec's own
  });

  it('can be renamed, and keeps the new name when it is made anew', async () => {
    const broker = newBroker({ name: 'ccro:node:new' });
    await broker.connect();
    await broker.rename('ccro:node:4');
    expect(broker.name).toBe('ccro:node:4');
    expect(await connectionsNamed('ccro:node:4')).toHaveLength(1);
    const back = change(broker, true);
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await back;
    expect(await connectionsNamed('ccro:node:4')).toHaveLength(1);
    await expect(broker.rename('not a name')).rejects.toMatchObject({ code: 'rejected' });
    expect(broker.name).toBe('ccro:node:4');
  });

  it('is gone from the server after close', async () => {
    const broker = newBroker({ name: 'ccro:node:8' });
    await broker.subscribe(['here']);
    await broker.connect();
    await broker.close();
    await expect.poll(() => connectionsNamed('ccro:node:8'), { interval: 5 }).toHaveLength(0);
  });

  it('is made anew when the server drops it', async () => {
    const broker = newBroker({ name: 'ccro:node:9' });
    await broker.subscribe(['a', 'b']);
    await broker.connect();
    const [gone, back] = [change(broker, false), change(broker, true)];
    await admin.call('CLIENT', 'KILL', 'TYPE', 'pubsub');
    await gone;
    await back;
    expect(await broker.publish('a', payload)).toBe(1);
    expect(await connectionsNamed('ccro:node:9')).toHaveLength(1);
  });

  it('is made anew when the server stops answering', async () => {
    const frozen = await startRedisServer();
    const broker = newBroker({ url: frozen.url, answerTimeoutMs: 300 });
    await broker.subscribe(['a']);
    await broker.connect();
    frozen.pause();
    const [gone, back] = [change(broker, false), change(broker, true)];
    await expect(broker.publish('a', payload)).rejects.toMatchObject({ code: 'unavailable' });
    await gone;
    frozen.resume();
    await back;
    expect(await broker.publish('a', payload)).toBe(1);
    await broker.close();
    await frozen.stop();
  });
});

describe('the first connection', () => {
  it('waits for a server that starts late', async () => {
    const late = await startRedisServer();
    await late.kill();
    const broker = newBroker({ url: late.url });
    const connecting = broker.connect();
    await late.restart();
    await connecting;
    expect(broker.connected).toBe(true);
    await broker.close();
    await late.stop();
  });

  it('fails in time without a server, says what to do, and may be tried again', async () => {
    const away = await startRedisServer();
    await away.kill();
    const url = away.url.replace('redis://', 'redis://me:secret@');
    const broker = newBroker({ url, connectTimeoutMs: 300 });
    const failure: unknown = await broker.connect().catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'BrokerError', code: 'unreachable' });
    const { message } = failure as Error;
    expect(message).toContain(`No Redis answers at ${away.url} within 300 ms`);
    expect(message).toContain('ECONNREFUSED');
    expect(message).toContain('docker compose up redis');
    expect(message).not.toContain('secret');
    await away.restart();
    const again = new RedisBroker({ url: away.url, name: 'x', connectTimeoutMs: 300 });
    await away.kill();
    await expect(again.connect()).rejects.toMatchObject({ code: 'unreachable' });
    await away.restart();
    await again.connect();
    expect(again.connected).toBe(true);
    await again.close();
    await away.stop();
  });

  it('can be given up by close', async () => {
    const away = await startRedisServer();
    await away.kill();
    const broker = newBroker({ url: away.url });
    const connecting = broker.connect();
    await Promise.all([
      expect(connecting).rejects.toMatchObject({ code: 'closed' }),
      broker.close(),
    ]);
    await away.stop();
  });

  it('is refused at once with a wrong password, which no message repeats', async () => {
    const guarded = await startRedisServer({
      extraArgs: ['--user', 'me', 'on', '>right', '~*', '&*', '+@all'],
    });
    const url = guarded.url.replace('redis://', 'redis://me:wrong-secret@');
    const failure: unknown = await newBroker({ url })
      .connect()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unauthorized' });
    expect((failure as Error).message).toContain('REDIS_URL');
    expect((failure as Error).message).not.toContain('wrong-secret');
    const welcome = newBroker({ url: guarded.url.replace('redis://', 'redis://me:right@') });
    await welcome.connect();
    expect(welcome.connected).toBe(true);
    await welcome.close();
    await guarded.stop();
  });

  it('is refused where only RESP2 is spoken', async () => {
    const old = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (data) => {
        for (const [, command] of data.toString().matchAll(/\r\n(hello|client|info)\r\n/gi)) {
          if (command === 'hello') socket.write("-ERR unknown command 'HELLO'\r\n");
          else if (command === 'info') socket.write('$9\r\nloading:0\r\n');
          else socket.write('+OK\r\n');
        }
      });
    }).listen(0, '127.0.0.1');
    await once(old, 'listening');
    const { port } = old.address() as AddressInfo;
    await expect(newBroker({ url: `redis://127.0.0.1:${port}` }).connect()).rejects.toMatchObject({
      code: 'resp3-required',
      message: expect.stringContaining('Redis 7.0 or newer') as unknown,
    });
    old.close();
  });

  it.each(['', 'localhost:6379', 'http://localhost', 'redis://', 'redis://u:secret@'])(
    'needs a Redis URL, not %j',
    (url) => {
      let message = '';
      try {
        newBroker({ url });
      } catch (error) {
        message = (error as Error).message;
      }
      expect(message).toContain('redis://[user:password@]host:port');
      expect(message).not.toContain('secret');
    },
  );
});

describe('what Redis refuses', () => {
  it('is a typed error, and the connection stays', async () => {
    await admin.call('ACL', 'SETUSER', 'limited', 'on', '>pw', '+@all', '&allowed');
    const url = server.url.replace('redis://', 'redis://limited:pw@');
    const broker = newBroker({ url });
    await broker.subscribe(['allowed']);
    await broker.connect();
    const refused = { code: 'unauthorized' };
    await expect(broker.publish('forbidden', payload)).rejects.toMatchObject(refused);
    await expect(broker.subscribe(['forbidden'])).rejects.toMatchObject(refused);
    expect(broker.connected).toBe(true);
    expect(await broker.publish('allowed', payload)).toBe(1);
    expect(broker.traffic().total.published).toBe(1);
  });

  it('fails the first connection when it is one of its channels', async () => {
    await admin.call('ACL', 'SETUSER', 'limited', 'on', '>pw', '+@all', '&allowed');
    const url = server.url.replace('redis://', 'redis://limited:pw@');
    const broker = newBroker({ url });
    await broker.subscribe(['forbidden']);
    await expect(broker.connect()).rejects.toMatchObject({ code: 'unauthorized' });
  });
});

describe('the database', () => {
  it('D2: that the server does not have is an error, not database 0', async () => {
    const failure: unknown = await newBroker({ url: `${server.url}/99` })
      .connect()
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'BrokerError', code: 'rejected' });
    expect((failure as Error).message).toBe(
      `Redis at ${server.url}/99 has no database 99. Use one that it has, or raise \`databases\` ` +
        'in its configuration.',
    );
  });

  it('D2, sibling: no connection is used that could not enter it, nor one for BullMQ', async () => {
    const client = new RedisClient({ url: `${server.url}/99`, retryStrategy: () => 10 });
    const copy = client.duplicate();
    let errors = 0;
    client.on('error', () => (errors += 1));
    copy.on('error', () => (errors += 1));
    const used = Promise.race([client.set('here', 'x'), copy.set('here', 'x')]);
    used.catch(() => undefined);
    await expect.poll(() => errors).toBeGreaterThan(3);
    expect(await admin.exists('here')).toBe(0);
    client.disconnect();
    copy.disconnect();
  });

  it('D3: keeps clusters of one name apart, which pub/sub itself does not', async () => {
    const { broadcast } = channelNames('both');
    const heard: string[] = [];
    const [first, second] = [newBroker(), newBroker({ url: `${server.url}/3` })];
    for (const [name, broker] of Object.entries({ first, second })) {
      broker.onMessage((channel) => heard.push(`${name} ${channel}`));
      await broker.subscribe([broadcast]);
      await broker.connect();
    }
    expect(await first.publish(broadcast, payload)).toBe(1);
    expect(await second.publish(broadcast, payload)).toBe(1);
    await expect.poll(() => heard).toEqual([`first ${broadcast}`, `second ${broadcast}`]);
    expect(second.traffic().byKind.broadcast.published).toBe(1);
    await second.unsubscribe([broadcast]);
    expect(await second.publish(broadcast, payload)).toBe(0);
  });
});

/** What a broker says of Redis: each line once. */
function heardOf({ troubles }: RedisBroker): string[] {
  const lines: string[] = [];
  troubles.onChange((change) => lines.push(troubleText(change)));
  return lines;
}

describe('what Redis refuses while it is used', () => {
  it('F5: a server that became a replica is left, and used again when it is the primary', async () => {
    const own = await startRedisServer();
    const master = new Redis(own.url);
    const broker = newBroker({ url: own.url });
    const lines = heardOf(broker);
    await broker.subscribe(['a']);
    await broker.connect();
    const [gone, back] = [change(broker, false), change(broker, true)];
    await master.replicaof('127.0.0.1', 1);
    await gone;
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^Redis: it is a replica: let REDIS_URL name the primary/);
    expect(broker.troubles.reason).toMatch(/it is a replica/);
    await master.replicaof('NO', 'ONE');
    await back;
    expect(await broker.publish('a', payload)).toBe(1);
    await expect.poll(() => lines).toHaveLength(2);
    expect(lines[1]).toBe('Redis: READONLY is over, all is well again');
    await broker.close();
    master.disconnect();
    await own.stop();
  });

  it('F5: a right that is taken away is told once, with what to do, and when it is back', async () => {
    await admin.call('ACL', 'SETUSER', 'mute', 'on', '>pw', '~*', '&*', '+@all');
    const broker = newBroker({ url: server.url.replace('redis://', 'redis://mute:pw@') });
    const lines = heardOf(broker);
    await broker.connect();
    await admin.call('ACL', 'SETUSER', 'mute', '-publish');
    for (let again = 0; again < 3; again += 1) {
      await expect(broker.publish('a', payload)).rejects.toMatchObject({ code: 'unauthorized' });
    }
    expect(lines).toEqual([
      expect.stringMatching(/^Redis: NOPERM .*'publish'.*keygen --redis-acl/),
    ]);
    await admin.call('ACL', 'SETUSER', 'mute', '+publish');
    await broker.publish('a', payload);
    expect(lines.slice(1)).toEqual(['Redis: NOPERM is over, all is well again']);
  });

  it('F5: a password that is changed is told, and when it is put back', async () => {
    await admin.call('ACL', 'SETUSER', 'guest', 'on', '>pw', '~*', '&*', '+@all');
    const broker = newBroker({ url: server.url.replace('redis://', 'redis://guest:pw@') });
    const lines = heardOf(broker);
    await broker.connect();
    const back = change(broker, true);
    await admin.call('ACL', 'SETUSER', 'guest', 'resetpass', '>new');
    await admin.call('CLIENT', 'KILL', 'USER', 'guest');
    await expect.poll(() => lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^Redis: WRONGPASS .*: user or password is wrong: correct REDIS_URL/);
    await admin.call('ACL', 'SETUSER', 'guest', 'resetpass', '>pw');
    await back;
    expect(lines.slice(1)).toEqual(['Redis: WRONGPASS is over, all is well again']);
  });

  it('F5, sibling: so is a server that has as many clients as it takes', async () => {
    const own = await startRedisServer();
    const master = new Redis(own.url);
    const broker = newBroker({ url: own.url });
    const lines = heardOf(broker);
    await broker.connect();
    await master.config('SET', 'maxclients', '1');
    const back = change(broker, true);
    await master.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expect.poll(() => lines.length).toBeGreaterThan(0);
    expect(lines[0]).toMatch(/max number of clients reached: .* raise maxclients/);
    await master.config('SET', 'maxclients', '100');
    await back;
    expect(lines).toHaveLength(2);
    await broker.close();
    master.disconnect();
    await own.stop();
  });

  it('F5: a subscription that the server has lost is found by a message that reaches nobody', async () => {
    const broker = newBroker({ name: 'ccro:node:11' });
    await broker.subscribe(['mine']);
    await broker.connect();
    const back = change(broker, true);
    const client = (broker as unknown as { connection: { redis: Redis } }).connection.redis;
    await client.unsubscribe('mine');
    expect(await broker.publish('mine', payload)).toBe(0);
    await back;
    expect(await broker.publish('mine', payload)).toBe(1);
  });
});

describe('a connection that goes silent', () => {
  it('F6: is left in time though nothing was asked for, told, and made anew', async () => {
    const paths: { client: Socket; target: Socket }[] = [];
    const path = createServer((client) => {
      const target = connect(server.port, '127.0.0.1');
      client.pipe(target).pipe(client);
      for (const socket of [client, target]) socket.on('error', () => undefined);
      paths.push({ client, target });
    }).listen(0, '127.0.0.1');
    await once(path, 'listening');
    const { port } = path.address() as AddressInfo;
    const broker = newBroker({ url: `redis://127.0.0.1:${port}`, answerTimeoutMs: 300 });
    const lines = heardOf(broker);
    await broker.connect();
    const [gone, back] = [change(broker, false), change(broker, true)];
    for (const { client, target } of paths) {
      client.unpipe(target);
      target.unpipe(client);
    }
    const startedAtMs = performance.now();
    await gone;
    expect(performance.now() - startedAtMs).toBeLessThan(2000);
    await back;
    expect(lines).toEqual([
      expect.stringMatching(/^Redis: Redis said nothing for 300 ms: the connection is made anew/),
      'Redis: silent is over, all is well again',
    ]);
    await broker.close();
    for (const { client, target } of paths) for (const each of [client, target]) each.destroy();
    path.close();
  });

  it('F6, sibling: is not, when it was this process that stood still', async () => {
    const broker = newBroker({ answerTimeoutMs: 200 });
    await broker.connect();
    const lost = vi.fn<(connected: boolean) => void>();
    broker.onConnectionChange(lost);
    const until = performance.now() + 600;
    while (performance.now() < until);
    expect(await broker.publish('a', payload)).toBe(0);
    expect(lost).not.toHaveBeenCalled();
  });
});
