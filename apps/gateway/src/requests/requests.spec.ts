import { afterEach, describe, expect, it } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import {
  closeStarted,
  startedGateway as start,
  type Answer,
  type StartedGateway,
} from '../../test/started-gateway.js';

afterEach(closeStarted);

/** Asks until the request is no longer pending. */
async function finished({ call }: StartedGateway, id: unknown): Promise<Answer> {
  for (;;) {
    const answer = await call('GET', `/requests/${String(id)}`);
    if (answer.body.status !== 'pending') return answer;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('POST /requests', () => {
  it.each(['/requests', '/preprepare'])('%s answers with the decision', async (path) => {
    const { call, cluster } = await start();
    const data = 'very-important-data';
    const { status, body } = await call('POST', path, { json: { data } });
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual([
      'id',
      'status',
      'mode',
      'view',
      'sequence',
      'digest',
      'result',
      'consensusTimeMs',
      'replies',
      'nodes',
    ]);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^gateway-\d+$/),
      status: 'decided',
      mode: 'ccro',
      view: 0,
      sequence: 1,
      digest: cluster.decisions[0]?.digest,
      result: { index: 1 },
      replies: { matching: 4, required: 2 },
      nodes: [
        { id: 0, role: 'commander', reply: 'matching', correct: 6, corrupt: 0 },
        { id: 1, role: 'replica', reply: 'matching', correct: 6, corrupt: 0 },
        { id: 2, role: 'communication', reply: 'matching', correct: 6, corrupt: 0 },
        { id: 3, role: 'replica', reply: 'matching', correct: 6, corrupt: 0 },
      ],
    });
    expect(body.consensusTimeMs).toBeGreaterThan(0);
    expect(cluster.heard[0]?.operation).toBe('{"type":"append","data":"very-important-data"}');
    expect((await call('GET', `/requests/${String(body.id)}`)).body).toEqual(body);
  });

  it('passes an operation on', async () => {
    const { call, cluster } = await start({ mode: 'pbft' });
    const operation = { type: 'kv.put', key: 'a', value: { constructor: 1, prototype: [2] } };
    const { body } = await call('POST', '/requests', { json: { operation } });
    expect(body).toMatchObject({ mode: 'pbft', result: { previous: null, version: 1 } });
    expect(cluster.heard[0]?.operation).toBe(JSON.stringify(operation));
    const roles = (body.nodes as { role: string }[]).map(({ role }) => role);
    expect(roles).toEqual(['commander', 'replica', 'replica', 'replica']);
  });

  it.each([
    [{ type: 'kv.putt', key: 'a', value: 1 }, 'no application knows'],
    [{ type: 'kv.put', key: 'a' }, 'the fields of that type'],
    [{ type: 'kv.get', key: '' }, 'a key is'],
    [{ type: 'append' }, 'the fields of that type'],
    [{ data: 1 }, 'a "type"'],
  ])('H3: what no node would do anything about costs no slot: %j', async (operation, why) => {
    const { call, cluster } = await start();
    const answer = await call('POST', '/requests', { json: { operation } });
    expectProblem(answer, 400, 'invalid-request');
    expect(answer.body.detail).toContain(why);
    const requests = [{ data: 1 }, { operation }];
    expectProblem(
      await call('POST', '/requests/batch', { json: { requests } }),
      400,
      'invalid-request',
    );
    expect(cluster.heard).toEqual([]);
  });

  it('H1: names the collector of the decision itself, not the one that is expected', async () => {
    const { call, cluster } = await start();
    // Statuses go on naming node 2: they speak of another slot.
    cluster.scripts.forEach((script) => (script.collector = 3));
    cluster.scripts[1] = { collector: 1 };
    await call('GET', '/status');
    const { body } = await call('POST', '/requests', { json: { data: 1 } });
    const roles = (body.nodes as { role: string }[]).map(({ role }) => role);
    expect(roles).toEqual(['commander', 'replica', 'replica', 'communication']);
  });

  it.each<unknown>([null, false, 0, '', [], {}, { constructor: 1 }, 'ü😀', [[[1.5]]]])(
    'decides on any JSON: %j',
    async (data) => {
      const { call, cluster } = await start();
      expect((await call('POST', '/requests', { json: { data } })).status).toBe(200);
      expect(JSON.parse(cluster.heard[0]?.operation ?? '')).toEqual({ type: 'append', data });
    },
  );

  it('lists silent nodes without a tally, and tells who replied falsely', async () => {
    const { call, cluster } = await start({ nodes: 7 });
    cluster.scripts[5] = { offline: true };
    cluster.scripts[6] = { result: (honest) => ({ ...honest, result: '{"index":666}' }) };
    const { body } = await call('POST', '/requests', { json: { data: 1 } });
    expect(body).toMatchObject({ result: { index: 1 }, replies: { matching: 5, required: 3 } });
    expect((body.nodes as unknown[]).slice(4)).toEqual([
      { id: 4, role: 'replica', reply: 'matching', correct: 12, corrupt: 0 },
      { id: 5, role: 'replica', reply: 'none', correct: null, corrupt: null },
      { id: 6, role: 'replica', reply: 'false', correct: 12, corrupt: 0 },
    ]);
  });

  it('answers 202 to those who would rather not wait', async () => {
    const made = await start();
    const headers = { prefer: 'respond-async, wait=10' };
    const answer = await made.call('POST', '/requests', { json: { data: 1 }, headers });
    expect(answer.status).toBe(202);
    expect(answer.body).toEqual({ id: answer.body.id, status: 'pending' });
    expect(answer.headers.get('location')).toBe(`/requests/${String(answer.body.id)}`);
    expect(answer.headers.get('preference-applied')).toBe('respond-async');
    expect((await finished(made, answer.body.id)).body).toMatchObject({ status: 'decided' });
  });

  it('answers 504 without a quorum, keeps the request and decides it later', async () => {
    const made = await start({ requestTimeoutMs: 100 });
    made.cluster.stalled = true;
    const answer = await made.call('POST', '/requests', { json: { data: 1 } });
    expectProblem(answer, 504, 'decision-timeout');
    const { id } = answer.body;
    expect(answer.headers.get('location')).toBe(`/requests/${String(id)}`);
    expect(answer.headers.get('retry-after')).toBe('1');
    const pending = await made.call('GET', `/requests/${String(id)}`);
    expect(pending.body).toEqual({ id, status: 'pending' });
    made.cluster.stalled = false;
    expect((await finished(made, id)).body).toMatchObject({ id, status: 'decided', sequence: 1 });
    expect(made.cluster.decisions).toHaveLength(1);
  });

  it('answers 503 without a broker, keeps the request and decides it later', async () => {
    const made = await start({ requestTimeoutMs: 30_000 });
    // Before its first request a gateway asks which timestamps were executed.
    await made.call('POST', '/requests', { json: { data: 0 } });
    made.hub.setAvailable(false);
    const answer = await made.call('POST', '/requests', { json: { data: 1 } });
    expectProblem(answer, 503, 'broker-unreachable');
    expect(answer.headers.get('retry-after')).toBe('1');
    const { id } = answer.body;
    expect(answer.headers.get('location')).toBe(`/requests/${String(id)}`);
    // The outage is known by now: nobody waits for it to begin again.
    const before = performance.now();
    expectProblem(
      await made.call('POST', '/requests', { json: { data: 2 } }),
      503,
      'broker-unreachable',
    );
    expect(performance.now() - before).toBeLessThan(400);
    made.hub.setAvailable(true);
    expect((await finished(made, id)).body).toMatchObject({ id, status: 'decided' });
    expect(made.cluster.decisions).toHaveLength(3);
  });

  it('tells a caller who waits when the broker goes away', async () => {
    const made = await start({ requestTimeoutMs: 30_000 });
    made.cluster.stalled = true;
    const answer = made.call('POST', '/requests', { json: { data: 1 } });
    while (made.cluster.heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
    made.hub.setAvailable(false);
    expectProblem(await answer, 503, 'broker-unreachable');
  });

  it('answers 409 when the cluster refuses the timestamp', async () => {
    const { call, cluster } = await start();
    await call('POST', '/requests', { json: { data: 0 } });
    for (const replica of [0, 1]) {
      cluster.scripts[replica] = {
        result: (honest) => ({ ...honest, result: '{"error":"stale-timestamp"}' }),
      };
    }
    for (const replica of [2, 3]) cluster.scripts[replica] = { offline: true };
    const answer = await call('POST', '/requests', { json: { data: 1 } });
    expectProblem(answer, 409, 'timestamp-conflict');
    expect((await call('GET', `/requests/${String(answer.body.id)}`)).body).toMatchObject({
      status: 'failed',
      error: 'stale-timestamp',
    });
  });

  it('answers 429 with Retry-After when too much is pending, and accepts nothing', async () => {
    const { call, cluster } = await start({ maxPendingRequests: 2 });
    cluster.stalled = true;
    const headers = { prefer: 'respond-async' };
    await call('POST', '/requests', { json: { data: 1 }, headers });
    const requests = [{ data: 2 }, { data: 3 }];
    const answer = await call('POST', '/requests/batch', { json: { requests }, headers });
    expectProblem(answer, 429, 'overloaded');
    expect(answer.headers.get('retry-after')).toBe('1');
    await call('POST', '/requests', { json: { data: 4 }, headers });
    expectProblem(await call('POST', '/requests', { json: { data: 5 } }), 429, 'overloaded');
  });

  it('answers 503 to callers who wait while it shuts down', async () => {
    const made = await start({ requestTimeoutMs: 30_000 });
    made.cluster.stalled = true;
    const answer = made.call('POST', '/requests', { json: { data: 1 } });
    while (made.cluster.heard.length === 0) await new Promise((resolve) => setImmediate(resolve));
    await made.gateway.close();
    expectProblem(await answer, 503, 'shutting-down');
    expect((await answer).body.id).toMatch(/^gateway-/);
  });
});

describe('Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'order-17' };

  it('makes the same key the same request, for ever the same answer', async () => {
    const { call, cluster } = await start();
    const first = await call('POST', '/requests', { json: { data: 1 }, headers });
    const second = await call('POST', '/requests', { json: { data: 1 }, headers });
    expect(second).toMatchObject({ status: 200, body: first.body });
    expect(cluster.decisions).toHaveLength(1);
    await call('POST', '/requests', { json: { data: 1 } });
    expect(cluster.decisions).toHaveLength(2);
  });

  it('holds for two calls at once from two connections', async () => {
    const { call, cluster } = await start();
    const both = await Promise.all(
      [1, 2].map(() => call('POST', '/requests', { json: { data: 1 }, headers })),
    );
    expect(both.map(({ status }) => status)).toEqual([200, 200]);
    expect(both[0]?.body).toEqual(both[1]?.body);
    expect(cluster.decisions).toHaveLength(1);
  });

  it('resumes the wait for a request that was not decided in time', async () => {
    const { call, cluster } = await start({ requestTimeoutMs: 100 });
    cluster.stalled = true;
    const late = await call('POST', '/requests', { json: { data: 1 }, headers });
    expect(late.status).toBe(504);
    cluster.stalled = false;
    let again = await call('POST', '/requests', { json: { data: 1 }, headers });
    while (again.status === 504) {
      again = await call('POST', '/requests', { json: { data: 1 }, headers });
    }
    expect(again.body).toMatchObject({ id: late.body.id, status: 'decided' });
    expect(cluster.decisions).toHaveLength(1);
  });

  it('refuses another body with 422', async () => {
    const { call, cluster } = await start();
    await call('POST', '/requests', { json: { data: 1 }, headers });
    const other = await call('POST', '/requests', { json: { data: 2 }, headers });
    expectProblem(other, 422, 'idempotency-key-reused');
    expect(cluster.decisions).toHaveLength(1);
  });

  it('covers a batch as a whole', async () => {
    const { call, cluster } = await start();
    const json = { requests: [{ data: 1 }, { data: 2 }] };
    const first = await call('POST', '/requests/batch', { json, headers });
    expect((await call('POST', '/requests/batch', { json, headers })).body).toEqual(first.body);
    expect(cluster.decisions).toHaveLength(2);
  });

  it('refuses what is no key', async () => {
    const { call } = await start();
    const bad = { 'idempotency-key': 'x'.repeat(256) };
    const answer = await call('POST', '/requests', { json: { data: 1 }, headers: bad });
    expectProblem(answer, 400, 'invalid-request');
  });
});

describe('POST /requests/batch', () => {
  it('answers in order', async () => {
    const { call } = await start();
    const requests = [
      { data: 'a' },
      { operation: { type: 'kv.put', key: 'k', value: 1 } },
      { operation: { type: 'kv.get', key: 'k' } },
    ];
    const { status, body } = await call('POST', '/requests/batch', { json: { requests } });
    expect(status).toBe(200);
    const results = body.results as { result: unknown; sequence: number }[];
    expect(results.map(({ result }) => result)).toMatchObject([
      { index: 1 },
      { version: 1 },
      { found: true, value: 1 },
    ]);
  });

  it('answers 202 and 504 with the state of each', async () => {
    const { call, cluster } = await start({ requestTimeoutMs: 50 });
    cluster.stalled = true;
    const requests = [{ data: 'a' }, { data: 'b' }];
    const headers = { prefer: 'respond-async' };
    const accepted = await call('POST', '/requests/batch', { json: { requests }, headers });
    expect(accepted.status).toBe(202);
    const pending = { id: expect.any(String), status: 'pending' };
    expect(accepted.body).toEqual({ results: [pending, pending] });
    const late = await call('POST', '/requests/batch', { json: { requests } });
    expectProblem(late, 504, 'decision-timeout');
    expect(late.body.results).toEqual([pending, pending]);
  });

  it('accepts all or nothing, and says which one is wrong', async () => {
    const { call, cluster } = await start();
    const requests = [{ data: 'a' }, { operation: 'not an object' }];
    const answer = await call('POST', '/requests/batch', { json: { requests } });
    expectProblem(answer, 400, 'invalid-request');
    expect(answer.body.detail).toContain('requests.1.operation');
    expect(cluster.heard).toEqual([]);
  });
});

describe('GET /requests/:id', () => {
  it('answers 404 to an unknown id', async () => {
    const { call } = await start();
    expectProblem(await call('GET', '/requests/gateway-1'), 404, 'not-found');
  });
});

describe('what cannot be a request', () => {
  it.each([
    ['nothing', {}, 'data'],
    ['both', { data: 1, operation: {} }, 'data'],
    ['an operation that is no object', { operation: 'x' }, 'operation'],
    ['an operation that is a list', { operation: [] }, 'operation'],
    ['an unknown field', { dat: 1 }, 'dat'],
    ['a list', [], 'request'],
    ['a text', 'x', 'request'],
    ['null', null, 'request'],
  ])('is answered 400 naming the field: %s', async (_, json, field) => {
    const { call, cluster } = await start();
    const answer = await call('POST', '/requests', { json });
    expectProblem(answer, 400, 'invalid-request');
    expect(answer.body.detail).toContain(field);
    expect(cluster.heard).toEqual([]);
  });

  it('is answered 400 when it nests too deep, however deep', async () => {
    const { call } = await start();
    for (const depth of [100, 60_000]) {
      const text = `{"data":${'['.repeat(depth)}${']'.repeat(depth)}}`;
      expectProblem(await call('POST', '/requests', { text }), 400, 'invalid-request');
    }
  });

  it('is answered 413 beyond the limit, and accepted below it', async () => {
    const { call } = await start();
    const under = { data: 'x'.repeat(128 * 1024 - 100) };
    expect((await call('POST', '/requests', { json: under })).status).toBe(200);
    const over = { data: 'x'.repeat(128 * 1024) };
    expectProblem(await call('POST', '/requests', { json: over }), 413, 'payload-too-large');
    // The body fits, the operation made of it does not.
    const edge = { data: 'x'.repeat(128 * 1024 - 12) };
    expectProblem(await call('POST', '/requests', { json: edge }), 413, 'payload-too-large');
  });
});
