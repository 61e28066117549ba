import { newApiKey } from '@ccro/cluster-config';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { closeStarted, startedGateway, type StartedGateway } from '../../test/started-gateway.js';
import type { GatewayOptions } from '../settings/gateway.options.js';

let redis: RedisServer;

beforeEach(async () => {
  redis = await startRedisServer();
});
afterEach(async () => {
  redis.resume();
  await closeStarted();
  await redis.stop();
});

/** A gateway whose requests are kept in Redis; its cluster is reached without. */
function start(options: Partial<GatewayOptions> = {}): Promise<StartedGateway> {
  return startedGateway({ queue: { redisUrl: redis.url }, ...options });
}

describe('with a queue in Redis', () => {
  it('answers stay the same after a restart of the gateway', async () => {
    const first = await start();
    const headers = { 'idempotency-key': 'order-17' };
    const json = { data: { a: 1 } };
    const posted = await first.call('POST', '/requests', { json, headers });
    const put = await first.call('PUT', '/kv/colour', { json: { value: 'red' } });
    expect([posted.status, put.status]).toEqual([200, 200]);
    await first.gateway.close();

    const second = await start();
    const path = `/requests/${String(posted.body.id)}`;
    expect((await second.call('GET', path)).body).toEqual(posted.body);
    const again = await second.call('POST', '/requests', { json, headers });
    expect(again).toMatchObject({ status: 200, body: posted.body });
    expect(again.body).toEqual(posted.body);
    expect(second.cluster.decisions).toEqual([]);
    const found = await second.call('GET', `/requests/${String(put.body.id)}`);
    expect(found.body).toMatchObject({ id: put.body.id, result: { version: 1 } });
  });

  it('takes up what was accepted before', async () => {
    const first = await start();
    first.cluster.stalled = true;
    const headers = { prefer: 'respond-async' };
    const json = { requests: [{ data: 'a' }, { data: 'b' }] };
    const { status, body } = await first.call('POST', '/requests/batch', { json, headers });
    expect(status).toBe(202);
    const ids = (body.results as { id: string }[]).map(({ id }) => id);
    await first.gateway.close();

    const second = await start();
    await vi.waitFor(async () => {
      const found = await Promise.all(ids.map((id) => second.call('GET', `/requests/${id}`)));
      expect(found.map((each) => each.body.status)).toEqual(['decided', 'decided']);
    });
    const operations = second.cluster.heard.map(({ operation }) => operation);
    expect(operations.sort()).toEqual(
      ['a', 'b'].map((data) => `{"type":"append","data":"${data}"}`),
    );
  });

  it('C1, sibling: tells nothing of a request that is pending at another gateway but to who made it', async () => {
    const made = [
      newApiKey({ name: 'alice', role: 'submit' }),
      newApiKey({ name: 'bob', role: 'submit' }),
      newApiKey({ name: 'ops', role: 'admin' }),
    ] as const;
    const apiKeys = made.map(({ entry }) => entry);
    const [alice, bob, ops] = made.map(({ key }) => ({ authorization: `Bearer ${key}` }));
    const [first, second] = [await start({ apiKeys }), await start({ apiKeys })];
    first.cluster.stalled = second.cluster.stalled = true;
    const headers = { ...alice, prefer: 'respond-async' };
    const { body } = await first.call('POST', '/requests', { json: { data: 1 }, headers });
    const path = `/requests/${String(body.id)}`;
    for (const { call } of [first, second]) {
      for (const reader of [alice, ops]) {
        const found = await call('GET', path, { headers: reader ?? {} });
        expect(found).toMatchObject({ status: 200, body: { status: 'pending' } });
      }
      const others = { headers: bob ?? {} };
      expectProblem(await call('GET', path, others), 404, 'not-found');
      expectProblem(await call('GET', `${path}/receipt`, others), 404, 'not-found');
    }
  });

  it('says that what waits is kept when it shuts down', async () => {
    const made = await start({ requestTimeoutMs: 30_000 });
    made.cluster.stalled = true;
    const answer = made.call('POST', '/requests', { json: { data: 1 } });
    await vi.waitFor(() => expect(made.cluster.heard).toHaveLength(1));
    await made.gateway.close();
    expectProblem(await answer, 503, 'shutting-down');
    expect((await answer).body.detail).toContain('stays in the queue');
  });

  it('accepts nothing without Redis, and says so', async () => {
    const { call, cluster } = await start();
    expect((await call('POST', '/requests', { json: { data: 'before' } })).status).toBe(200);
    await redis.kill();
    await vi.waitFor(async () => {
      expectProblem(await call('GET', '/requests/gateway-1'), 503, 'broker-unreachable');
    });
    for (const path of ['/requests', '/requests/batch']) {
      const json = path === '/requests' ? { data: 1 } : { requests: [{ data: 1 }, { data: 2 }] };
      const answer = await call('POST', path, { json });
      expectProblem(answer, 503, 'broker-unreachable');
      expect(answer.body).toMatchObject({ accepted: 'no' });
      expect(Object.keys(answer.body)).not.toContain('id');
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    await redis.restart();
    await vi.waitFor(async () => {
      const { status } = await call('POST', '/requests', { json: { data: 'after' } });
      expect(status).toBe(200);
    });
    expect(cluster.decisions).toHaveLength(2);
  });

  it('waits for the other connection when Redis is back and takes requests again', async () => {
    const { call, hub } = await start({ requestTimeoutMs: 30_000 });
    hub.setAvailable(false);
    const accepted = { accepted: 'yes' };
    const known = await call('POST', '/requests', { json: { data: 'while the outage begins' } });
    expectProblem(known, 503, 'broker-unreachable');
    expect(known.body).toMatchObject(accepted);

    const still = await call('POST', '/requests', { json: { data: 'it stays away' } });
    expectProblem(still, 503, 'broker-unreachable');
    expect(still.body).toMatchObject(accepted);

    const answer = call('POST', '/requests', { json: { data: 'it comes back' } });
    await vi.waitFor(async () => {
      expect((await call('GET', '/metrics')).body.text).toContain(
        'ccro_gateway_requests{status="pending"} 3',
      );
    });
    hub.setAvailable(true);
    expect((await answer).status).toBe(200);
  });

  it('says that it does not know when the connection breaks at the wrong moment', async () => {
    const { call, cluster } = await start({ requestTimeoutMs: 300 });
    expect((await call('POST', '/requests', { json: { data: 'before' } })).status).toBe(200);
    // It answers what is read, and nothing that is written.
    const admin = new Redis(redis.url);
    await admin.call('CLIENT', 'PAUSE', '60000', 'WRITE');
    const headers = { 'idempotency-key': 'K' };
    const json = { data: 'perhaps' };
    const answer = await call('POST', '/requests', { json, headers });
    expectProblem(answer, 503, 'broker-unreachable');
    expect(answer.body).toMatchObject({
      accepted: 'unknown',
      id: expect.stringMatching(/^gateway-\d+$/),
    });
    expect(answer.headers.get('location')).toBe(`/requests/${String(answer.body.id)}`);
    await admin.call('CLIENT', 'UNPAUSE');
    admin.disconnect();
    await vi.waitFor(async () => {
      const again = await call('POST', '/requests', { json, headers });
      expect(again).toMatchObject({ status: 200, body: { id: answer.body.id } });
    });
    expect(cluster.decisions).toHaveLength(2);
  });

  it('says why Redis takes nothing', async () => {
    await redis.stop();
    redis = await startRedisServer({ extraArgs: ['--maxmemory', '1mb'] });
    const { call } = await start();
    const answer = await call('POST', '/requests', { json: { data: 1 } });
    expectProblem(answer, 503, 'queue-refused');
    expect(answer.body).toMatchObject({
      accepted: 'no',
      detail: expect.stringContaining('OOM') as unknown,
    });
    const ready = await call('GET', '/health/ready');
    expectProblem(ready, 503, 'queue-refused');
    expect(ready.body.detail).toMatch(/^Redis: OOM .*raise maxmemory/);
  });
});
