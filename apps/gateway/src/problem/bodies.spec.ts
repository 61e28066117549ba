/** What of bodies, addresses and headers is kept, and how the rest is refused: at every route. */

import { afterEach, describe, expect, it } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { rawCall } from '../../test/raw-call.js';
import { closeStarted, startedGateway as start } from '../../test/started-gateway.js';

afterEach(closeStarted);

/** Every route that takes a body, and where a value goes in it. */
const BODIES: readonly (readonly [string, string, string, (value: string) => string])[] = [
  ['POST', '/requests', 'data', (value) => `{"data":${value}}`],
  ['POST', '/preprepare', 'data', (value) => `{"data":${value}}`],
  [
    'POST',
    '/requests',
    'operation.data',
    (value) => `{"operation":{"type":"append","data":${value}}}`,
  ],
  ['POST', '/requests/batch', 'requests.1.data', (v) => `{"requests":[{"data":1},{"data":${v}}]}`],
  ['PUT', '/kv/a', 'value', (value) => `{"value":${value}}`],
  ['POST', '/comparison', 'data', (value) => `{"data":${value},"nodes":4}`],
  ['POST', '/experiments', 'nodes', (value) => `{"nodes":${value}}`],
  ['POST', '/requests/signed', 'timestamp', (value) => `{"timestamp":${value}}`],
  ['PUT', '/nodes/1/fault', 'kind', (value) => `{"kind":${value}}`],
];

describe('a body that cannot be kept as it was sent', () => {
  it.each(BODIES)(
    'B1: is refused by %s %s, with the path %s',
    async (method, path, field, body) => {
      const { call, cluster } = await start({ faultInjection: true });
      for (const value of [
        '1e400',
        '9007199254740993',
        '-0',
        '0.1000000000000000055',
        '"\\ud800"',
      ]) {
        const answer = await call(method, path, { text: body(value) });
        expectProblem(answer, 400, 'invalid-request');
        expect(answer.body.errors).toMatchObject([{ field }]);
      }
      const twice = await call(method, path, { text: body('{"a":1,"a":2}') });
      expectProblem(twice, 400, 'invalid-request');
      expect(twice.body.errors).toMatchObject([{ field: `${field}.a` }]);
      expect(cluster.heard).toEqual([]);
    },
  );

  it.each(BODIES)(
    'B2: is refused by %s %s when it is no UTF-8',
    async (method, path, field, body) => {
      const { call, cluster } = await start({ faultInjection: true });
      const bytes = Buffer.from(body('"caf\xe9"'), 'latin1') as unknown as string;
      const answer = await call(method, path, { text: bytes });
      expectProblem(answer, 400, 'malformed-request');
      expect(answer.body.errors).toEqual([{ field, message: 'not UTF-8' }]);
      expect(cluster.heard).toEqual([]);
    },
  );

  it('B1: does not count as the same under an Idempotency-Key', async () => {
    const { call, cluster } = await start();
    const headers = { 'idempotency-key': 'k' };
    const first = await call('POST', '/requests', { text: '{"data":1e400}', headers });
    expectProblem(first, 400, 'invalid-request');
    expect((await call('POST', '/requests', { text: '{"data":null}', headers })).status).toBe(200);
    expect(cluster.decisions).toHaveLength(1);
  });

  it('B1, sibling: is refused inside an operation that its client signed', async () => {
    const { call } = await start();
    const signed = { client: 'alice', timestamp: 1, signature: 'A'.repeat(86) };
    for (const [operation, field] of [
      ['{"type":"append","data":{"x":1e400}}', 'operation.data.x'],
      ['{"type":"append","type":"append"}', 'operation.type'],
      ['{"type":"append","data":"\\ud800"}', 'operation.data'],
    ] as const) {
      const answer = await call('POST', '/requests/signed', { json: { ...signed, operation } });
      expectProblem(answer, 400, 'invalid-request');
      expect(answer.body.errors).toMatchObject([{ field }]);
    }
  });

  it.each([
    [{ 'content-type': 'application/json; charset=utf-16' }, 'charset utf-16'],
    [{ 'content-type': 'application/json;charset="latin1"' }, 'charset latin1'],
    [{ 'content-type': 'application/json', 'content-encoding': 'gzip' }, 'gzip'],
    [{ 'content-type': 'application/json', 'content-encoding': 'identity, br' }, 'br'],
  ])('B2: is refused with %j', async (headers, detail) => {
    const { call } = await start();
    const answer = await call('POST', '/requests', { text: '{"data":1}', headers });
    expectProblem(answer, 415, 'unsupported-media-type');
    expect(answer.body.detail).toContain(detail);
  });

  it.each(['gzip, chunked', 'deflate,chunked', 'identity, chunked', 'chunked, chunked'])(
    'B2, sibling: is refused with Transfer-Encoding: %s, whatever its bytes are',
    async (coding) => {
      const { gateway, cluster } = await start();
      const head = `Host: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n`;
      const body = `Transfer-Encoding: ${coding}\r\n\r\na\r\n{"data":1}\r\n0\r\n\r\n`;
      const answer = await rawCall(gateway.url, `POST /requests HTTP/1.1\r\n${head}${body}`);
      expect(answer).toMatch(/^HTTP\/1.1 4(15|00) /);
      expect(answer).toContain('application/problem+json');
      expect(cluster.heard).toEqual([]);
    },
  );
});

describe('a body that can be kept', () => {
  it.each([
    '1.0',
    '1e3',
    '0.1',
    '{"__proto__":{"polluted":1}}',
    '{"constructor":{"prototype":1}}',
    '"\\ud83d\\ude00\\u0000"',
    ' [ 1 ,\n2 ] ',
  ])('B4: is decided as it is: %s', async (data) => {
    const { call, cluster } = await start();
    expect((await call('POST', '/requests', { text: `{"data":${data}}` })).status).toBe(200);
    const put = await call('PUT', '/kv/x', { text: `{"value":${data}}` });
    expect(JSON.stringify(put.body.value)).toBe(JSON.stringify(JSON.parse(data)));
    const got = await call('GET', '/kv/x');
    expect(JSON.stringify(got.body.value)).toBe(JSON.stringify(JSON.parse(data)));
    const text = JSON.stringify({ type: 'append', data: JSON.parse(data) as unknown });
    expect(cluster.heard[0]?.operation).toBe(text);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('B4, sibling: an operation keeps a key named __proto__', async () => {
    const { call, cluster } = await start();
    const operation = '{"type":"append","data":1,"__proto__":{"a":1}}';
    await call('POST', '/requests', { text: `{"operation":${operation}}` });
    expect(cluster.heard[0]?.operation).toBe(operation);
    const wrong = await call('POST', '/requests', { text: '{"operation":[1]}' });
    expectProblem(wrong, 400, 'invalid-request');
  });

  it.each(['application/json; charset=UTF-8', 'application/json;charset="utf-8"; x=1'])(
    'B2: has the type %s',
    async (type) => {
      const { call } = await start();
      const headers = { 'content-type': type, 'content-encoding': 'identity' };
      expect((await call('POST', '/requests', { text: '{"data":1}', headers })).status).toBe(200);
    },
  );

  it('B3: need not be there for a DELETE or a GET that names its type', async () => {
    const { call, gateway } = await start();
    for (const type of ['application/json', 'text/plain', 'nonsense']) {
      const headers = { 'content-type': type };
      await call('PUT', '/kv/colour', { json: { value: 1 } });
      expect((await call('GET', '/kv/colour', { headers })).status).toBe(200);
      expect((await call('DELETE', '/kv/colour', { headers })).status).toBe(200);
    }
    const head = 'DELETE /kv/colour HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n';
    const chunked = 'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect(await rawCall(gateway.url, head, chunked)).toMatch(/^HTTP\/1.1 404 /);
  });
});

describe('an address', () => {
  it.each(['/kv/%ff', '/kv/a%', '/requests/%c3', '/ledger?from=%ff', '/ledger?%ff=1'])(
    'B2, sibling: that is no percent-encoded UTF-8 is refused: %s',
    async (path) => {
      const { gateway, cluster } = await start();
      const head = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
      const answer = await rawCall(gateway.url, head);
      expect(answer).toMatch(/^HTTP\/1.1 400 /);
      expect(answer).toContain('application/problem+json');
      expect(answer).toContain('x-content-type-options: nosniff');
      expect(cluster.heard).toEqual([]);
    },
  );
});

describe('every error', () => {
  const host = 'Host: localhost\r\n';

  it.each([
    ['GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400],
    [`GET / HTTP/1.1\r\n${host}${host}Connection: close\r\n\r\n`, 400],
    [`GET /status HTTP/1.1\r\n${host}Expect: 200-ok\r\n\r\n`, 417],
    [`POST /requests HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, 400],
    [`POST /requests HTTP/1.1\r\n${host}Content-Length: x\r\n\r\n`, 400],
    [`PATCH /requests HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, 404],
    [`PROPFIND /status HTTP/1.1\r\n${host}Connection: close\r\n\r\n`, 404],
    [`CONNECT localhost:1 HTTP/1.1\r\n${host}\r\n`, 405],
    [`GET / HTTP/1.1\r\n${host}x: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
    ['\x16\x03\x01\x02\x00', 400],
  ])(
    'B5: is problem+json with all headers, on the bare connection too: %j',
    async (text, status) => {
      const { gateway } = await start();
      const answer = await rawCall(gateway.url, text);
      expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      const [head = '', body = ''] = answer.split('\r\n\r\n');
      expect(head.toLowerCase()).toContain('content-type: application/problem+json');
      for (const name of ['content-security-policy', 'x-content-type-options', 'referrer-policy']) {
        expect(head.toLowerCase()).toContain(`\r\n${name}: `);
      }
      expect(JSON.parse(body)).toMatchObject({ status, type: expect.stringMatching(/^urn:ccro:/) });
    },
  );

  it('B5: waits for the answer to what came before', async () => {
    const { gateway } = await start();
    const good = 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const answer = await rawCall(gateway.url, `${good}BLAH\r\n\r\n`);
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });
});
