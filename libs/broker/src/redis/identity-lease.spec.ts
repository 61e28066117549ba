import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
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
    expect(await admin.exists(leaseKey(options.cluster, 0))).toBe(0);
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
    const lease = await IdentityLease.take(freshCluster(1, 50), broker.leases);
    expect(lease.held).toBe(true);
    await own.kill();
    await expect.poll(() => lease.held, { interval: 5 }).toBe(false);
    await broker.close();
    await own.stop();
  });
});

describe('LeaseKeys', () => {
  it('writes nothing when another takes the key between reading and writing', async () => {
    const client = new Redis(server.url);
    const get = client.get.bind(client);
    vi.spyOn(client, 'get').mockImplementationOnce(async (key) => {
      const holder = await get(key);
      await admin.set(key, 'another');
      return holder;
    });
    const keys = new LeaseKeys(() => client);
    expect(await keys.renew('contended', 'mine', 60_000)).toBe(false);
    expect(await admin.get('contended')).toBe('another');
    client.disconnect();
  });

  it('changes keys one after another, however many ask at a time', async () => {
    const client = new Redis(server.url);
    const keys = new LeaseKeys(() => client);
    await admin.set('taken', 'another');
    const renewals = ['free', 'taken', 'free', 'taken'].map((key) =>
      keys.renew(key, 'mine', 9_000),
    );
    expect(await Promise.all(renewals)).toEqual([true, false, true, false]);
    expect(await admin.get('taken')).toBe('another');
    client.disconnect();
  });
});
