import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { leaseKey, nodeConnectionName } from '../channels.js';
import { IdentityLease, type IdentityLeaseOptions } from './identity-lease.js';
import { LeaseKeys } from './lease-connection.js';
import { RedisBroker } from './redis-broker.js';

let server: RedisServer;
let admin: Redis;
let clusters = 0;
const brokers: RedisBroker[] = [];

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

async function connectedBroker(): Promise<RedisBroker> {
  const broker = new RedisBroker({ url: server.url, name: 'ccro:node:new' });
  brokers.push(broker);
  await broker.connect();
  return broker;
}

function freshCluster(size: number, ttlMs?: number): IdentityLeaseOptions {
  clusters += 1;
  return { cluster: `lease-spec-${clusters}`, size, ...(ttlMs === undefined ? {} : { ttlMs }) };
}

async function take(options: IdentityLeaseOptions): Promise<IdentityLease> {
  const { leases } = await connectedBroker();
  return IdentityLease.take(options, leases);
}

describe('IdentityLease', () => {
  it('takes the lowest free id, and different ones at the same time', async () => {
    const options = freshCluster(4);
    const leases = await Promise.all([1, 2, 3, 4].map(() => take(options)));
    expect(leases.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3]);
    expect(leases.every(({ held }) => held)).toBe(true);
    await leases.find(({ id }) => id === 2)?.release();
    expect((await take(options)).id).toBe(2);
  });

  it('uses the broker connection, which then takes the name of the node', async () => {
    const options = freshCluster(4);
    const broker = await connectedBroker();
    const { id } = await IdentityLease.take(options, broker.leases);
    await broker.rename(nodeConnectionName(id));
    const list = String(await admin.client('LIST'));
    expect(list.match(/ name=ccro:node:/g)).toHaveLength(1);
    expect(list).toContain(' name=ccro:node:0 ');
  });

  it('says so when all ids stay taken', async () => {
    const options = freshCluster(2, 500);
    await take(options);
    await take(options);
    await expect(take(options)).rejects.toMatchObject({
      code: 'no-free-identity',
      message: expect.stringContaining('All 2 node ids') as unknown,
    });
  });

  it('takes the id it is told, which is then no longer free', async () => {
    const options = freshCluster(4, 500);
    expect((await take({ ...options, id: 1 })).id).toBe(1);
    expect((await take(options)).id).toBe(0);
    expect((await take(options)).id).toBe(2);
    await expect(take({ ...options, id: 1 })).rejects.toMatchObject({
      code: 'no-free-identity',
      message: expect.stringContaining('is running already') as unknown,
    });
  });

  it('cannot be taken without a connection', async () => {
    const broker = new RedisBroker({ url: server.url, name: 'x' });
    await expect(IdentityLease.take(freshCluster(4), broker.leases)).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('outlives its ttl by renewal', async () => {
    const options = freshCluster(1, 500);
    const lease = await take(options);
    await expect(take(options)).rejects.toMatchObject({ code: 'no-free-identity' });
    expect(lease.held).toBe(true);
  });

  it('is free again at once after the broker closed', async () => {
    const options = freshCluster(1, 60_000);
    const broker = await connectedBroker();
    await IdentityLease.take(options, broker.leases);
    await broker.close();
    expect(await admin.get(leaseKey(options.cluster, 0))).toBe('0');
    expect((await take(options)).id).toBe(0);
  });

  it('frees itself after the ttl when the node crashed, and the next one waits for that', async () => {
    const options = freshCluster(1, 300);
    await admin.set(leaseKey(options.cluster, 0), 'a crashed node', 'PX', 200);
    expect((await take(options)).id).toBe(0);
  });

  it('releases only what is its own', async () => {
    const options = freshCluster(1, 60_000);
    const lease = await take(options);
    await admin.set(leaseKey(options.cluster, 0), 'another', 'PX', 60_000);
    await lease.release();
    await lease.release();
    expect(lease.held).toBe(false);
    expect(await admin.get(leaseKey(options.cluster, 0))).toBe('another');
  });

  it('reports once that it was lost to another', async () => {
    const losses: number[] = [];
    const options = freshCluster(1, 60);
    const key = leaseKey(options.cluster, 0);
    const lost = new Promise<void>((resolve) => {
      const onLost = (id: number): void => {
        losses.push(id);
        resolve();
      };
      void take({ ...options, onLost }).then(() => admin.set(key, 'another', 'PX', 60_000));
    });
    await lost;
    expect(losses).toEqual([0]);
    expect(await admin.get(key)).toBe('another');
  });

  it('takes its id again after Redis lost everything', async () => {
    const own = await startRedisServer();
    const broker = new RedisBroker({ url: own.url, name: 'ccro:node:new' });
    await broker.connect();
    const options = freshCluster(1, 60_000);
    const lease = await IdentityLease.take(options, broker.leases);
    const back = new Promise<void>((resolve) => {
      broker.onConnectionChange((connected) => connected && resolve());
    });
    await own.kill();
    await own.restart();
    await back;
    const other = new Redis(own.url);
    expect(await other.exists(leaseKey(options.cluster, 0))).toBe(1);
    expect(lease.held).toBe(true);
    other.disconnect();
    await broker.close();
    await own.stop();
  });

  it('learns of a loss before the connection is used again', async () => {
    const events: string[] = [];
    const options = freshCluster(1, 60_000);
    const broker = await connectedBroker();
    await IdentityLease.take({ ...options, onLost: () => events.push('lost') }, broker.leases);
    await admin.set(leaseKey(options.cluster, 0), 'another', 'PX', 60_000);
    const back = new Promise<void>((resolve) => {
      broker.onConnectionChange((connected) => {
        events.push(connected ? 'connected' : 'disconnected');
        if (connected) resolve();
      });
    });
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal');
    await back;
    expect(events).toEqual(['disconnected', 'lost', 'connected']);
  });

  it('is not held while Redis cannot be asked for longer than the ttl', async () => {
    const own = await startRedisServer();
    const broker = new RedisBroker({ url: own.url, name: 'ccro:node:new' });
    await broker.connect();
    const lease = await IdentityLease.take(freshCluster(1, 500), broker.leases);
    expect(lease.held).toBe(true);
    await own.kill();
    await expect.poll(() => lease.held, { interval: 5 }).toBe(false);
    await broker.close();
    await own.stop();
  });
});

describe('LeaseKeys', () => {
  const KEY = 'contended';
  let client: Redis;
  let keys: LeaseKeys;

  beforeEach(async () => {
    await admin.del(KEY);
    client = new Redis(server.url);
    keys = new LeaseKeys(() => client);
  });
  afterEach(() => client.disconnect());

  it('changes nothing when another takes the key between reading and writing', async () => {
    const get = client.get.bind(client);
    vi.spyOn(client, 'get').mockImplementation(async (key) => {
      const holder = await get(key);
      if (holder === null) await admin.set(key, '7', 'PX', 60_000);
      return holder;
    });
    expect(await keys.renew(KEY, 5, 60_000)).toBe(false);
    expect(await admin.get(KEY)).toBe('7');
  });

  it('lets one of many have a free key, and the others know', async () => {
    for (let round = 0; round < 20; round += 1) {
      await admin.del(KEY);
      const tokens = [1, 20, 300, 4000];
      const taken = await Promise.all(tokens.map((token) => keys.acquire(KEY, token, 60_000)));
      const holders = tokens.filter((_, index) => taken[index] === true);
      expect(holders.length).toBeLessThanOrEqual(1);
      expect(await admin.get(KEY)).toBe(String(holders[0] ?? 0));
    }
  });

  it('I3, sibling: frees a key that lost its time when a process ended halfway', async () => {
    await admin.set(KEY, '7');
    expect(await keys.acquire(KEY, 5, 60)).toBe(false);
    await expect.poll(() => keys.acquire(KEY, 5, 60_000), { timeout: 5000 }).toBe(true);
    expect(await admin.pttl(KEY)).toBeGreaterThan(1000);
  });

  it('F7, sibling: is not lost to itself when it is renewed several times at once', async () => {
    expect(await keys.acquire(KEY, 5, 60_000)).toBe(true);
    await admin.del(KEY);
    const renewals = [1, 2, 3, 4].map(() => keys.renew(KEY, 5, 60_000));
    expect(await Promise.all(renewals)).toEqual([true, true, true, true]);
    expect(await admin.get(KEY)).toBe('5');
  });

  it('F7, sibling: is not lost to one who adds its token and takes it off again', async () => {
    expect(await keys.acquire(KEY, 5, 60_000)).toBe(true);
    await admin.incrby(KEY, 100);
    const renewing = keys.renew(KEY, 5, 60_000);
    await admin.decrby(KEY, 100);
    expect(await renewing).toBe(true);
  });

  it('gives back only what is its own', async () => {
    expect(await keys.acquire(KEY, 5, 60_000)).toBe(true);
    await keys.release(KEY, 6);
    expect(await admin.get(KEY)).toBe('5');
    await keys.release(KEY, 5);
    expect(await keys.acquire(KEY, 6, 60_000)).toBe(true);
  });
});

describe('F7: a renewal that fails', () => {
  it("F7: ends all publishing before the lease can be another's, and it goes on once renewed", async () => {
    const own = await startRedisServer();
    const master = new Redis(own.url);
    await master.call('ACL', 'SETUSER', 'n', 'on', '>pw', '~*', '&*', '+@all');
    const url = own.url.replace('redis://', 'redis://n:pw@');
    const broker = new RedisBroker({ url, name: 'ccro:node:0' });
    await broker.subscribe(['here']);
    await broker.connect();
    const lost: number[] = [];
    const options = { ...freshCluster(1, 600), onLost: (id: number) => lost.push(id) };
    const lease = await IdentityLease.take(options, broker.leases);
    const key = leaseKey(options.cluster, 0);
    await master.call('ACL', 'SETUSER', 'n', '-pexpire');
    const published: boolean[] = [];
    // While the key is there, and only then, may anything be published.
    await vi.waitFor(
      async () => {
        const exists = (await master.exists(key)) === 1;
        const didPublish = await broker.publish('here', Buffer.from('x')).then(
          () => true,
          () => false,
        );
        published.push(didPublish);
        if (didPublish) expect(exists).toBe(true);
        expect(didPublish).toBe(false);
      },
      { timeout: 5000, interval: 10 },
    );
    expect(published[0]).toBe(true);
    expect(lease.held).toBe(false);
    await vi.waitFor(() => expect(broker.troubles.reason).toMatch(/^Redis: NOPERM .*keygen/));
    await master.call('ACL', 'SETUSER', 'n', '+pexpire');
    await vi.waitFor(() => broker.publish('here', Buffer.from('x')), { timeout: 5000 });
    expect(lease.held).toBe(true);
    expect(lost).toEqual([]);
    expect(broker.troubles.present).toEqual([]);
    await broker.close();
    master.disconnect();
    await own.stop();
  });

  it('F7, sibling: after a standstill nothing is published before the lease is renewed', async () => {
    const options = freshCluster(1, 200);
    const broker = await connectedBroker();
    await IdentityLease.take(options, broker.leases);
    // The process stands still, and another one takes the id meanwhile.
    const until = performance.now() + 250;
    while (performance.now() < until);
    await expect(broker.publish('x', Buffer.from('x'))).rejects.toMatchObject({
      code: 'unavailable',
    });
    await vi.waitFor(() => broker.publish('x', Buffer.from('x')), { timeout: 5000 });
  });
});
