import { parseClusterConfig } from '@ccro/cluster-config';
import { afterEach, describe, expect, it } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { closeStarted, startedGateway as start } from '../../test/started-gateway.js';

afterEach(closeStarted);

const evidence = (accused: number, kind: string) => ({ accused, kind, count: 3, latest: {} });

type Cluster = Awaited<ReturnType<typeof start>>['cluster'];

/** How often node `id` has been asked for its status from now on. */
function countStatusQueries(cluster: Cluster, id: number): () => number {
  let asked = 0;
  cluster.scripts[id] = {
    answer: (query, honest) => {
      if (query.type === 'status') asked += 1;
      return honest;
    },
  };
  return () => asked;
}

describe('GET /status', () => {
  it('describes the cluster', async () => {
    const { call } = await start();
    await call('POST', '/requests', { json: { data: 1 } });
    const { status, body } = await call('GET', '/status');
    expect(status).toBe(200);
    expect(body).toEqual({
      cluster: 'gateway-spec',
      mode: 'ccro',
      n: 4,
      f: 1,
      quorum: 3,
      view: 0,
      lastExecuted: 1,
      primary: 0,
      collector: 2,
      up: [0, 1, 2, 3],
      brokerConnected: true,
      suspects: [],
    });
  });

  it('I7: asks the nodes once in a moment, however many ask it', async () => {
    const { call, cluster } = await start();
    const asked = countStatusQueries(cluster, 0);
    const before = performance.now();
    for (let round = 0; round < 5; round += 1) {
      const paths = ['/health/ready', '/status', '/nodes', '/health/ready'];
      const answers = await Promise.all(paths.map((path) => call('GET', path)));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    }
    const moments = Math.ceil((performance.now() - before) / 200);
    expect(asked()).toBeGreaterThan(0);
    expect(asked()).toBeLessThanOrEqual(1 + moments);
  });

  it('I7, sibling: tells nobody after a decision what nodes said before it', async () => {
    const { call, cluster } = await start();
    const asked = countStatusQueries(cluster, 0);
    await call('GET', '/status');
    for (const path of ['/status', '/nodes/0/status', '/nodes']) {
      const before = asked();
      await call('POST', '/requests', { json: { data: 1 } });
      await call('GET', path);
      expect(asked()).toBe(before + 1);
    }
  });

  it('I7, sibling: asks a node for all of its status once in a moment, too', async () => {
    const { call, cluster } = await start();
    const asked = countStatusQueries(cluster, 1);
    const before = performance.now();
    const paths = Array.from({ length: 40 }, () => '/nodes/1/status');
    const answers = await Promise.all(paths.map((path) => call('GET', path)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    // The first question may be asked twice: the node says which of its runs it is.
    const moments = Math.ceil((performance.now() - before) / 200);
    expect(asked()).toBeLessThanOrEqual(1 + moments);
  });

  const nested = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  const accusing = (latest: string) => (honest: string) =>
    honest.replace(
      '"evidence":[]',
      `"evidence":[{"accused":0,"kind":"conflicting-votes","count":1,"latest":${latest}}]`,
    );
  it.each<[string, (honest: string) => string]>([
    ['nests deeper than a stack holds', (honest) => honest.replace('{', `{"x":${nested(50_000)},`)],
    [
      'nests so in a statement',
      accusing(`{"kind":"conflicting-votes","votes":[${nested(50_000)},1]}`),
    ],
    ['is enormous', (honest) => honest.replace('{', `{"x":"${'x'.repeat(3 * 1024 * 1024)}",`)],
    ['is no object', () => '[]'],
    ['is null', () => 'null'],
    ['is no JSON', () => '{"up":'],
    ['has fields of other types', (honest) => honest.replace('"view":0', '"view":{"a":1}')],
    [
      'names a fault that is a page',
      (honest) => honest.replace('"fault":null', '"fault":"<img src=x>"'),
    ],
  ])('I14: a node whose answer %s has not answered, and hinders no other', async (_what, lie) => {
    const { call, cluster } = await start();
    cluster.scripts[3] = { answerText: (_query, honest) => lie(JSON.stringify(honest)) };
    const { status, body } = await call('GET', '/status');
    expect({ status, up: body.up }).toEqual({ status: 200, up: [0, 1, 2] });
    for (const path of ['/nodes', '/health/ready', '/ledger']) {
      expect((await call('GET', path)).status).toBe(200);
    }
    const { body: node } = await call('GET', '/nodes/3/status');
    expect(node).toEqual({ id: 3, up: false, role: 'replica' });
    expect((await call('POST', '/requests', { json: { data: 1 } })).status).toBe(200);
  });

  it('I24: a node that leaves no counter for questions hinders no other', async () => {
    const { call, cluster } = await start();
    await call('POST', '/requests', { json: { data: 1 } });
    const retry = { session: 'last', counter: Number.MAX_SAFE_INTEGER };
    cluster.scripts[1] = { answer: () => ({ retry }) };
    for (let times = 0; times < 3; times += 1) {
      for (const path of ['/ledger?from=1', '/ledger/1', '/status', '/health/ready']) {
        expect({ path, status: (await call('GET', path)).status }).toEqual({ path, status: 200 });
      }
      const { body } = await call('GET', '/nodes/1/status');
      expect(body).toMatchObject({ id: 1, up: false });
    }
  });

  it('names who is accused, by whom', async () => {
    const { call, cluster } = await start();
    const accuse = (...entries: object[]) => ({
      answer: (_: unknown, honest: unknown) => ({ ...(honest as object), evidence: entries }),
    });
    cluster.scripts[0] = accuse(evidence(3, 'conflicting-votes'));
    cluster.scripts[1] = accuse(
      evidence(3, 'conflicting-votes'),
      evidence(2, 'collector-failed'),
      evidence(99, 'conflicting-votes'),
      evidence(0, 'invented'),
    );
    const { body } = await call('GET', '/status');
    expect(body.suspects).toMatchObject([
      { id: 3, kind: 'conflicting-votes', standing: 'suspected', witnesses: [0, 1] },
      { id: 2, kind: 'collector-failed', standing: 'suspected', witnesses: [1] },
    ]);
  });

  it('is not moved by f liars', async () => {
    const { call, cluster } = await start();
    cluster.scripts[1] = {
      answer: () => ({ up: true, view: 1e6, primary: 1, collector: 3, lastExecuted: 1e9 }),
    };
    const { body } = await call('GET', '/status');
    expect(body).toMatchObject({ view: 0, lastExecuted: 0, primary: 0, collector: 2 });
  });

  it('answers without any node and without a broker', async () => {
    const { call, cluster, hub } = await start();
    await cluster.close();
    expect((await call('GET', '/status')).body).toMatchObject({ up: [], brokerConnected: true });
    hub.setAvailable(false);
    expect((await call('GET', '/status')).body).toMatchObject({ up: [], brokerConnected: false });
  });
});

describe('GET /nodes', () => {
  it('lists roles, liveness, view, last executed and tallies', async () => {
    const { call, cluster } = await start();
    cluster.scripts[1] = { offline: true };
    cluster.scripts[2] = { answer: () => 'nonsense' };
    cluster.scripts[3] = {
      answer: (_, honest) => ({ ...(honest as object), up: false, fault: 'offline' }),
    };
    const node = { lastExecuted: 0, view: 0, tally: { correct: 6, corrupt: 0 }, fault: null };
    const absent = { up: false, lastExecuted: null, view: null, tally: null, fault: null };
    expect((await call('GET', '/nodes')).body).toEqual({
      nodes: [
        { id: 0, role: 'commander', up: true, ...node },
        { id: 1, role: 'replica', ...absent },
        { id: 2, role: 'communication', ...absent },
        { id: 3, role: 'replica', ...node, up: false, fault: 'offline' },
      ],
    });
  });

  it('learns the communication node that f+1 nodes name', async () => {
    const { call, cluster } = await start();
    for (const replica of [1, 3]) {
      cluster.scripts[replica] = {
        answer: (_, honest) => ({ ...(honest as object), collector: 3 }),
      };
    }
    cluster.scripts[0] = { offline: true };
    cluster.scripts[2] = { offline: true };
    const { nodes } = (await call('GET', '/nodes')).body as { nodes: { role: string }[] };
    expect(nodes.map(({ role }) => role)).toEqual([
      'commander',
      'replica',
      'replica',
      'communication',
    ]);
  });
});

describe('GET /cluster', () => {
  it('is a cluster file, as public as the keys in it', async () => {
    const { call } = await start();
    const { body } = await call('GET', '/cluster');
    const { members, clients } = parseClusterConfig(body);
    expect(members).toHaveLength(4);
    expect(clients.map(({ id }) => id)).toContain('gateway');
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});

describe('GET /nodes/:id/status', () => {
  it('passes on what the node says', async () => {
    const { call } = await start();
    expect((await call('GET', '/nodes/2/status')).body).toMatchObject({
      id: 2,
      up: true,
      rejects: {},
      uptimeMs: 1,
    });
  });

  it('says when the node does not answer', async () => {
    const { call, cluster } = await start();
    cluster.scripts[2] = { offline: true };
    const { status, body } = await call('GET', '/nodes/2/status');
    expect({ status, body }).toEqual({
      status: 200,
      body: { id: 2, up: false, role: 'communication' },
    });
  });
});

describe('faults', () => {
  const json = { kind: 'falsify' };

  it('are refused unless they are switched on', async () => {
    const { call } = await start();
    expectProblem(await call('PUT', '/nodes/1/fault', { json }), 403, 'fault-injection-disabled');
    expectProblem(await call('DELETE', '/nodes/1/fault'), 403, 'fault-injection-disabled');
  });

  it('are set and cleared', async () => {
    const { call } = await start({ faultInjection: true });
    expect(await call('PUT', '/nodes/1/fault', { json })).toMatchObject({
      status: 200,
      body: { id: 1, fault: 'falsify' },
    });
    expect((await call('DELETE', '/nodes/1/fault')).body).toEqual({ id: 1, fault: null });
  });

  it('are checked', async () => {
    const { call } = await start({ faultInjection: true });
    const answer = await call('PUT', '/nodes/1/fault', { json: { kind: 'rude' } });
    expectProblem(answer, 400, 'invalid-request');
    expect(answer.body.detail).toContain('kind');
    expect(answer.body.detail).toContain('falsify');
    expectProblem(await call('PUT', '/nodes/7/fault', { json }), 404, 'not-found');
  });

  it('pass on that the node refuses or does not answer', async () => {
    const { call, cluster } = await start({ faultInjection: true });
    cluster.scripts[1] = { answer: () => ({ error: 'fault injection is off' }) };
    cluster.scripts[2] = { offline: true };
    expectProblem(await call('PUT', '/nodes/1/fault', { json }), 403, 'fault-injection-disabled');
    expectProblem(await call('PUT', '/nodes/2/fault', { json }), 503, 'node-unreachable');
  });
});
