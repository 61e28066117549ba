/** What belongs to which caller, and how much of everything one caller gets. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Quit } from '@ccro/clock';
import { newApiKey, type ApiKeyPlan } from '@ccro/cluster-config';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { rawCall } from '../../test/raw-call.js';
import { ScriptedMeasurer } from '../../test/scripted-measurer.js';
import { closeStarted, startedGateway, type Answer } from '../../test/started-gateway.js';
import type { GatewayOptions } from '../settings/gateway.options.js';

afterEach(closeStarted);

/** How long a test waits for what must happen. */
const PATIENCE = { timeout: 8_000 };

const made = (plan: ApiKeyPlan) => newApiKey(plan);
const [reader, alice, bob, admin] = [
  made({ name: 'reader', role: 'read' }),
  made({ name: 'alice', role: 'submit' }),
  made({ name: 'bob', role: 'submit' }),
  made({ name: 'ops', role: 'admin' }),
];
const apiKeys = [reader, alice, bob, admin].map(({ entry }) => entry);

async function guarded(options: Partial<GatewayOptions> = {}) {
  const started = await startedGateway({ apiKeys, ...options });
  const as = (
    { key }: { readonly key: string },
    method: string,
    path: string,
    json?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> =>
    started.call(method, path, {
      ...(json === undefined ? {} : { json }),
      headers: { authorization: `Bearer ${key}`, ...headers },
    });
  return { ...started, as };
}

describe('what belongs to a caller', () => {
  it('C1: an Idempotency-Key is its own: another’s with the same name is another one', async () => {
    const { as, cluster } = await guarded();
    const headers = { 'idempotency-key': 'order-1' };
    const first = await as(alice, 'POST', '/requests', { data: 'hers' }, headers);
    const other = await as(bob, 'POST', '/requests', { data: 'his' }, headers);
    expect([first.status, other.status]).toEqual([200, 200]);
    expect(other.body.id).not.toBe(first.body.id);
    expect(cluster.decisions).toHaveLength(2);
    const again = await as(alice, 'POST', '/requests', { data: 'hers' }, headers);
    expect(again.body).toEqual(first.body);
    const put = await as(bob, 'PUT', '/kv/a', { value: 1 }, { 'idempotency-key': 'order-2' });
    const putToo = await as(alice, 'PUT', '/kv/a', { value: 2 }, { 'idempotency-key': 'order-2' });
    expect([put.status, putToo.status]).toEqual([200, 200]);
  });

  it.each([{}, { 'idempotency-key': 'k' }])(
    'C1: a request is found by who made it and by admins, with headers %j',
    async (headers) => {
      const { as, cluster } = await guarded();
      const { body } = await as(alice, 'POST', '/requests', { data: 1 }, headers);
      const path = `/requests/${String(body.id)}`;
      expect((await as(alice, 'GET', path)).body).toEqual(body);
      expect((await as(admin, 'GET', path)).body).toEqual(body);
      for (const other of [bob, reader]) {
        expectProblem(await as(other, 'GET', path), 404, 'not-found');
        expectProblem(await as(other, 'GET', `${path}/receipt`), 404, 'not-found');
      }
      cluster.stalled = true;
      const pending = await as(
        alice,
        'POST',
        '/requests',
        { data: 2 },
        { prefer: 'respond-async' },
      );
      const pendingPath = `/requests/${String(pending.body.id)}`;
      expect((await as(alice, 'GET', pendingPath)).body).toMatchObject({ status: 'pending' });
      expectProblem(await as(bob, 'GET', pendingPath), 404, 'not-found');
    },
  );
});

describe('what one caller gets', () => {
  it('I9: no more than its part of the event streams', async () => {
    const { gateway } = await guarded();
    const ended = new AbortController();
    const follow = ({ key }: { readonly key: string }) =>
      fetch(`${gateway.url}/events`, {
        headers: { authorization: `Bearer ${key}` },
        signal: ended.signal,
      }).then(({ status }) => status);
    const statuses: number[] = [];
    for (let one = 0; one < 20; one += 1) statuses.push(await follow(reader));
    expect(statuses.filter((status) => status === 200)).toHaveLength(16);
    expect(statuses.slice(16)).toEqual([429, 429, 429, 429]);
    expect(await follow(alice)).toBe(200);
    ended.abort();
  });

  it.each(['/events', '/ledger'])(
    'I13: what calls of %s hold is free once their connection is gone, also of those that waited behind another',
    async (path) => {
      const { gateway, as } = await guarded();
      const { hostname, port } = new URL(gateway.url);
      const head = `Host: localhost\r\nAuthorization: Bearer ${reader.key}\r\n\r\n`;
      // A stream has no end: whatever comes behind it never gets its turn.
      const calls = ['/events', ...Array.from({ length: 140 }, () => path)];
      const socket = connect(Number(port), hostname);
      socket.resume();
      socket.write(calls.map((each) => `GET ${each} HTTP/1.1\r\n${head}`).join(''));
      const status = async (): Promise<number> => {
        const { body, status: code } = await fetch(`${gateway.url}${path}`, {
          headers: { authorization: `Bearer ${reader.key}` },
        });
        await body?.cancel();
        return code;
      };
      await vi.waitUntil(async () => (await status()) === 429, PATIENCE);
      socket.destroy();
      await vi.waitUntil(async () => (await status()) === 200, PATIENCE);
      await vi.waitUntil(async () => {
        const { text } = (await as(reader, 'GET', '/metrics')).body;
        return String(text).includes('ccro_gateway_event_readers 0');
      }, PATIENCE);
    },
    30_000,
  );

  it.each([
    ['/comparison', 'POST', '{"data":1}', 1],
    ['/ledger', 'GET', '', 8],
  ])(
    'I25: a caller that hangs up on calls of %s has no more of them under way than one that waits',
    async (path, method, body, most) => {
      // Neither nodes nor those who compare say anything until the end.
      let comparing = 0;
      const ends: (() => void)[] = [];
      const createObserver = () => ({
        observe: (_: unknown, signal: AbortSignal): Promise<never> =>
          new Promise((_resolve, reject) => {
            comparing += 1;
            signal.addEventListener('abort', () => {
              ends.push(() => {
                comparing -= 1;
                reject(new Quit());
              });
            });
          }),
        close: () => Promise.resolve(),
      });
      const { gateway, cluster, as } = await guarded({ createObserver, nodeTimeoutMs: 20_000 });
      cluster.scripts.forEach((script) => (script.offline = true));
      const { hostname, port } = new URL(gateway.url);
      const head = `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${alice.key}\r\n`;
      const type = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
      const call = `${head}${body === '' ? '' : type}\r\n${body}`;
      let answers = '';
      const hangUp = async (calls: number): Promise<void> => {
        const socket = connect(Number(port), hostname);
        socket.on('data', (chunk: Buffer) => (answers += chunk.toString()));
        for (let one = 0; one < calls; one += 1) socket.write(call);
        await delay(200);
        socket.destroy();
        await once(socket, 'close');
      };
      for (let times = 0; times < 3; times += 1) await hangUp(most);
      const refused = await as(alice, method, path, body === '' ? undefined : JSON.parse(body));
      expectProblem(refused, 429, 'overloaded');
      expect(comparing).toBe(path === '/comparison' ? 1 : 0);
      expect(answers).not.toContain('HTTP/1.1 200');
      for (const end of ends) end();
    },
    30_000,
  );

  it('I15, sibling: a few questions about decisions at a time', async () => {
    const { as, call, cluster } = await guarded({ nodeTimeoutMs: 20_000 });
    for (const script of cluster.scripts) {
      script.answer = (query, honest) => (query.type === 'ledger' ? undefined : honest);
    }
    const asking = Array.from({ length: 8 }, () => as(reader, 'GET', '/ledger'));
    await cluster.asked('ledger', 8);
    expectProblem(await as(reader, 'GET', '/ledger'), 429, 'overloaded');
    expectProblem(await as(alice, 'GET', '/ledger/1'), 404, 'not-found');
    expect((await call('GET', '/health/ready')).status).toBe(200);
    for (const script of cluster.scripts) delete script.answer;
    await closeStarted();
    await Promise.allSettled(asking);
  });

  it('I29: no more than its part of the room for bodies that are on their way', async () => {
    const { gateway, as } = await guarded();
    const { hostname, port } = new URL(gateway.url);
    const head = `Host: localhost\r\nAuthorization: Bearer ${alice.key}\r\nContent-Type: application/json\r\n`;
    const begun = Array.from({ length: 256 }, () => {
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      socket.write(`POST /requests HTTP/1.1\r\n${head}Content-Length: 131072\r\n\r\n`);
      return socket.resume();
    });
    const post = (who: typeof alice) => as(who, 'POST', '/requests', { data: 1 });
    await vi.waitUntil(async () => (await post(alice)).status === 429, PATIENCE);
    expect((await post(bob)).status).toBe(200);
    for (const socket of begun) socket.destroy();
    await vi.waitUntil(async () => (await post(alice)).status === 200, PATIENCE);
  });

  it('I5: a key that may only read has few reads ordered a second', async () => {
    const { as, cluster, gateway } = await guarded();
    const head = `GET /kv/none HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${reader.key}\r\n`;
    // All on one connection: they come within the same moment.
    const calls = Array.from({ length: 49 }, () => `${head}\r\n`);
    const answers = await rawCall(gateway.url, `${calls.join('')}${head}Connection: close\r\n\r\n`);
    const count = (status: number): number => answers.split(`HTTP/1.1 ${status} `).length - 1;
    expect(count(404) + count(429)).toBe(50);
    expect(count(429)).toBeGreaterThan(0);
    expect(answers).toContain('urn:ccro:problem:rate-limited');
    expect(new Set(cluster.heard.map(({ timestamp }) => timestamp)).size).toBe(count(404));
    expect((await as(alice, 'GET', '/kv/none')).status).toBe(404);
  });

  it('I9, sibling: no more than its part of what may be pending, once others come', async () => {
    const { as, cluster } = await guarded({ maxPendingRequests: 8, requestTimeoutMs: 30_000 });
    cluster.stalled = true;
    const headers = { prefer: 'respond-async' };
    const post = (who: typeof alice, data: unknown) =>
      as(who, 'POST', '/requests', { data }, headers).then(({ status }) => status);
    const statuses: number[] = [];
    for (let one = 0; one < 10; one += 1) statuses.push(await post(alice, one));
    expect(statuses.filter((status) => status === 202)).toHaveLength(8);
    const late: number[] = [];
    for (let one = 0; one < 6; one += 1) late.push(await post(bob, one));
    expect(late).toEqual([202, 202, 202, 202, 429, 429]);
    expect(await post(alice, 'again')).toBe(429);
  });

  it('I9, sibling: what nobody waits for any more keeps its place until it is decided', async () => {
    const { as, cluster } = await guarded({ maxPendingRequests: 8, requestTimeoutMs: 50 });
    cluster.stalled = true;
    const post = (who: typeof alice, count: number) => {
      const requests = Array.from({ length: count }, (_, data) => ({ data }));
      return as(who, 'POST', '/requests/batch', { requests }).then(({ status }) => status);
    };
    expect([await post(alice, 8), await post(bob, 4), await post(admin, 2)]).toEqual([
      504, 504, 429,
    ]);
    expect([await post(alice, 1), await post(bob, 1)]).toEqual([429, 429]);
    cluster.stalled = false;
    await vi.waitUntil(async () => (await post(admin, 2)) === 200, PATIENCE);
  });

  it('I9, sibling: nobody is kept out by large calls of another', async () => {
    const { as, cluster } = await guarded({ requestTimeoutMs: 30_000 });
    cluster.stalled = true;
    const headers = { prefer: 'respond-async' };
    const requests = Array.from({ length: 1024 }, (_, data) => ({ data }));
    const flood = () => as(alice, 'POST', '/requests/batch', { requests }, headers);
    expect([(await flood()).status, (await flood()).status]).toEqual([202, 202]);
    expectProblem(await flood(), 429, 'overloaded');
    for (let one = 0; one < 20; one += 1) {
      expect((await as(bob, 'POST', '/requests', { data: one }, headers)).status).toBe(202);
      expectProblem(await flood(), 429, 'overloaded');
    }
  });
});

describe('experiments', () => {
  it('I4: are started and ended by admins alone, few for each', async () => {
    const measurer = new ScriptedMeasurer();
    measurer.stuckAt = 4;
    const { as } = await guarded({ createMeasurer: () => measurer });
    expectProblem(await as(alice, 'POST', '/experiments', { nodes: 4 }), 403, 'forbidden');
    const ids: unknown[] = [];
    for (let one = 0; one < 5; one += 1) {
      const answer = await as(admin, 'POST', '/experiments', { nodes: 4 });
      expect(answer.status).toBe(202);
      ids.push(answer.body.id);
    }
    const sixth = await as(admin, 'POST', '/experiments', { nodes: 4 });
    expectProblem(sixth, 429, 'overloaded');
    expectProblem(await as(bob, 'DELETE', `/experiments/${String(ids[4])}`), 403, 'forbidden');
    expect((await as(admin, 'DELETE', `/experiments/${String(ids[4])}`)).status).toBe(200);
    expect((await as(reader, 'GET', '/experiments')).status).toBe(200);
    expect((await as(admin, 'POST', '/experiments', { nodes: 4 })).status).toBe(202);
  });

  it('I4: are off, with comparisons, where whoever runs the gateway wants none', async () => {
    const { call } = await startedGateway({ experiments: false });
    for (const [method, path, json] of [
      ['POST', '/experiments', { nodes: 4 }],
      ['GET', '/experiments', undefined],
      ['DELETE', '/experiments/x', undefined],
      ['POST', '/comparison', { data: 1, nodes: 4 }],
    ] as const) {
      const answer = await call(method, path, json === undefined ? {} : { json });
      expectProblem(answer, 403, 'experiments-disabled');
      expect(answer.body.detail).toContain('EXPERIMENTS=on');
    }
  });
});

describe('pages of other sites, where no keys are needed', () => {
  const get = async (url: string, path: string, ...headers: readonly string[]): Promise<string> => {
    const lines = headers.map((header) => `${header}\r\n`).join('');
    const head = `GET ${path} HTTP/1.1\r\n${lines}Connection: close\r\n\r\n`;
    return (await rawCall(url, head)).slice(9, 12);
  };

  it('C2: reach nothing by a name that they make this machine’s', async () => {
    const { gateway } = await startedGateway({ corsOrigins: ['http://page.example:8000'] });
    const { url } = gateway;
    for (const host of [
      'localhost:1',
      '127.0.0.1',
      '127.9.9.9:3000',
      '[::1]:3000',
      'a.localhost',
    ]) {
      expect([host, await get(url, '/', `Host: ${host}`)]).toEqual([host, '200']);
    }
    expect(await get(url, '/', 'Host: page.example:3000')).toBe('200');
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      '169.254.169.254',
      'a@b',
      '',
      '[::2]',
    ]) {
      expect([host, await get(url, '/', `Host: ${host}`)]).toEqual([host, '403']);
    }
  });

  it('C2: make no call from elsewhere, unless their origin is named', async () => {
    const { gateway } = await startedGateway({ corsOrigins: ['http://page.example:8000'] });
    const { url } = gateway;
    const { host, port } = new URL(url);
    const status = (...headers: readonly string[]) =>
      get(url, '/status', `Host: ${host}`, ...headers);
    expect(await status(`Origin: ${url}`)).toBe('200');
    expect(await status('Origin: http://page.example:8000', 'Sec-Fetch-Site: cross-site')).toBe(
      '200',
    );
    for (const origin of [
      'http://evil.example',
      'null',
      `http://localhost:${port}`,
      'http://page.example',
    ]) {
      expect([origin, await status(`Origin: ${origin}`)]).toEqual([origin, '403']);
    }
    expect(await status('Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors')).toBe('403');
    expect(await status('Sec-Fetch-Site: same-site', 'Sec-Fetch-Mode: no-cors')).toBe('403');
    const visit = [
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: document',
    ];
    expect(await status(...visit)).toBe('200');
  });

  it('I5: have no read ordered, by an image, a link or a frame', async () => {
    const { gateway, cluster } = await startedGateway();
    const { url } = gateway;
    const { host } = new URL(url);
    const read = (...headers: readonly string[]) => get(url, '/kv/a', `Host: ${host}`, ...headers);
    expect(await read()).toBe('404');
    expect(await read('Sec-Fetch-Site: same-origin')).toBe('404');
    expect(await read(`Referer: ${url}/ledger`)).toBe('404');
    const ordered = cluster.heard.length;
    expect(await read('Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: no-cors')).toBe('403');
    const visit = [
      'Sec-Fetch-Site: cross-site',
      'Sec-Fetch-Mode: navigate',
      'Sec-Fetch-Dest: document',
    ];
    expect(await read(...visit)).toBe('403');
    expect(await read('Referer: http://evil.example/page')).toBe('403');
    const head = `HEAD /kv/a HTTP/1.1\r\nHost: ${host}\r\nSec-Fetch-Site: cross-site\r\n`;
    expect(await rawCall(url, `${head}Connection: close\r\n\r\n`)).toContain('403');
    expect(cluster.heard.length).toBe(ordered);
  });
});
