import { afterEach, describe, expect, it } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { closeStarted, startedGateway as start } from '../../test/started-gateway.js';

afterEach(closeStarted);

describe('/kv/:key', () => {
  it('stores, reads and removes, each time as the cluster decides', async () => {
    const { call, cluster } = await start();
    const put = await call('PUT', '/kv/colour', { json: { value: { red: 1 } } });
    expect(put).toMatchObject({
      status: 200,
      body: { key: 'colour', value: { red: 1 }, version: 1, previous: null, sequence: 1 },
    });
    const again = await call('PUT', '/kv/colour', { json: { value: null } });
    expect(again.body).toMatchObject({ version: 2, previous: { value: { red: 1 }, version: 1 } });
    expect((await call('GET', '/kv/colour')).body).toMatchObject({
      key: 'colour',
      value: null,
      version: 2,
      sequence: 3,
      replies: { matching: 4, required: 2 },
    });
    expect(await call('DELETE', '/kv/colour')).toMatchObject({
      status: 200,
      body: { key: 'colour', deleted: true, version: 2 },
    });
    expectProblem(await call('GET', '/kv/colour'), 404, 'not-found');
    expectProblem(await call('DELETE', '/kv/colour'), 404, 'not-found');
    expect(cluster.decisions).toHaveLength(6);
  });

  it('takes any key, and reads what f+1 agree on', async () => {
    const { call, cluster } = await start();
    const key = 'a/b c?d%ü😀__proto__';
    const path = `/kv/${encodeURIComponent(key)}`;
    cluster.scripts[0] = {
      result: (honest) => ({ ...honest, result: '{"found":true,"value":"lie","version":9}' }),
    };
    await call('PUT', path, { json: { value: 'x' } });
    expect((await call('GET', path)).body).toMatchObject({ key, value: 'x' });
  });

  it('refuses wrong bodies and keys', async () => {
    const { call } = await start();
    for (const json of [{}, { vlaue: 1 }, 'x', [1]]) {
      expectProblem(await call('PUT', '/kv/a', { json }), 400, 'invalid-request');
    }
    const long = `/kv/${'k'.repeat(513)}`;
    expectProblem(await call('GET', long), 400, 'invalid-request');
    expectProblem(await call('PUT', long, { json: { value: 1 } }), 400, 'invalid-request');
  });

  it('takes an Idempotency-Key', async () => {
    const { call, cluster } = await start();
    const headers = { 'idempotency-key': 'k' };
    const first = await call('PUT', '/kv/a', { json: { value: 1 }, headers });
    expect((await call('PUT', '/kv/a', { json: { value: 1 }, headers })).body).toEqual(first.body);
    expect(cluster.decisions).toHaveLength(1);
    const other = await call('PUT', '/kv/b', { json: { value: 1 }, headers });
    expectProblem(other, 422, 'idempotency-key-reused');
  });

  it('says when no decision comes in time', async () => {
    const { call, cluster } = await start({ requestTimeoutMs: 50 });
    cluster.stalled = true;
    expectProblem(await call('GET', '/kv/a'), 504, 'decision-timeout');
  });
});
