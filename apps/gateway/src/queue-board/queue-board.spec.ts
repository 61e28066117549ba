import { newApiKey } from '@ccro/cluster-config';
import { startRedisServer, type RedisServer } from '@ccro/redis-server';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { closeStarted, startedGateway } from '../../test/started-gateway.js';

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedisServer();
});
afterEach(closeStarted);
afterAll(() => redis.stop());

it('shows the queue of experiments, and changes nothing', async () => {
  const queue = { redisUrl: redis.url };
  const { call } = await startedGateway({ queue, faultInjection: true });
  const page = await call('GET', '/admin/queues');
  expect(page).toMatchObject({ status: 200 });
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'");
  const script = /src="(static\/js\/[^"]+)"/.exec(String(page.body.text))?.[1] ?? '';
  expect((await call('GET', `/admin/queues/${script}`)).status).toBe(200);

  const { body } = await call('GET', '/admin/queues/api/queues');
  const queues = body.queues as readonly { name: string; readOnlyMode: boolean }[];
  expect(queues.map(({ name, readOnlyMode }) => [name, readOnlyMode])).toEqual([
    ['experiments', true],
  ]);
  const emptied = await call('PUT', '/admin/queues/api/queues/experiments/empty');
  expect(emptied.status).toBeGreaterThanOrEqual(400);
});

it('is for keys of admins where callers have keys', async () => {
  const admin = newApiKey({ name: 'ops', role: 'admin' });
  const submitter = newApiKey({ name: 'shop', role: 'submit' });
  const apiKeys = [admin.entry, submitter.entry];
  const { call } = await startedGateway({ queue: { redisUrl: redis.url }, apiKeys });
  const status = async (key?: string): Promise<number> => {
    const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
    return (await call('GET', '/admin/queues/api/queues', { headers })).status;
  };
  expect(await Promise.all([status(), status(submitter.key), status(admin.key)])).toEqual([
    401, 403, 200,
  ]);
});

it('is for nobody else unless faults may be injected', async () => {
  const { call } = await startedGateway({ queue: { redisUrl: redis.url } });
  for (const path of ['', '/', '/api/queues', '/static/images/logo.svg']) {
    expectProblem(await call('GET', `/admin/queues${path}`), 403, 'fault-injection-disabled');
  }
});

it('is nowhere without Redis', async () => {
  const { call } = await startedGateway({ faultInjection: true });
  expectProblem(await call('GET', '/admin/queues'), 404, 'not-found');
});
