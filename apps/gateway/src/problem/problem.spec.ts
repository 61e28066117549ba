import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { expectProblem } from '../../test/expect-problem.js';
import { rawGet } from '../../test/raw-call.js';
import { closeStarted, startedGateway as start } from '../../test/started-gateway.js';

afterEach(closeStarted);

describe('every error is problem+json', () => {
  it.each([
    ['no JSON', '{"data":', 'malformed-request'],
    ['no JSON at all', 'hello', 'malformed-request'],
    ['an empty body', '', 'malformed-request'],
    ['a __proto__ on top', '{"__proto__": {"data": 1}}', 'invalid-request'],
    [
      'a constructor.prototype',
      '{"constructor": {"prototype": {"polluted": true}}}',
      'invalid-request',
    ],
  ])('400 for %s', async (_, text, name) => {
    const { call, cluster } = await start();
    expectProblem(await call('POST', '/requests', { text }), 400, name);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(cluster.heard).toEqual([]);
  });

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])(
    '415 for %s',
    async (type) => {
      const { call } = await start();
      const headers = { 'content-type': type };
      const answer = await call('POST', '/requests', { text: 'data=1', headers });
      expectProblem(answer, 415, 'unsupported-media-type');
    },
  );

  it.each([
    ['GET', '/nothing'],
    ['POST', '/status'],
    ['PATCH', '/requests'],
    ['GET', '/requests/gateway-1/receipt'],
    ['GET', '/nodes/4/status'],
    ['GET', '/nodes/x/status'],
    ['GET', '/nodes/-1/status'],
    ['GET', '/ledger/0'],
    ['GET', '/ledger/x'],
    ['GET', '/ledger/99999999999999999999'],
  ])('404 for %s %s', async (method, path) => {
    const { call } = await start();
    expectProblem(await call(method, path), 404, 'not-found');
  });

  it.each([
    'limit=0',
    'limit=101',
    'limit=x',
    'from=0',
    'from=-1',
    'from=1.5',
    'form=1',
    'from=1&from=2',
  ])('400 for GET /ledger?%s', async (query) => {
    const { call } = await start();
    expectProblem(await call('GET', `/ledger?${query}`), 400, 'invalid-request');
  });

  it('400 for an address that cannot be decoded', async () => {
    const { gateway } = await start();
    expect(await rawGet(gateway.url, '/requests/%zz')).toEqual({
      status: 400,
      type: expect.stringContaining('application/problem+json'),
    });
  });

  it('I21, sibling: 400 for a target that names a host, whatever is served there', async () => {
    const { gateway } = await start();
    for (const path of ['/status', '/', '/assets/x.js', '/admin/queues', '/nothing']) {
      expect(await rawGet(gateway.url, `http://other.example${path}`)).toEqual({
        status: 400,
        type: 'application/problem+json; charset=utf-8',
      });
    }
  });

  it('414 for an endless key', async () => {
    const { call } = await start();
    expectProblem(await call('GET', `/kv/${'x'.repeat(9000)}`), 414, 'uri-too-long');
  });

  it.each([
    ['what is no HTTP', 'BLAH\r\n\r\n', 'HTTP/1.1 400 '],
    ['an endless header', `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 'HTTP/1.1 431 '],
  ])('on the bare connection, for %s', async (_, sent, status) => {
    const { gateway } = await start();
    const { hostname, port } = new URL(gateway.url);
    const answer = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(Number(port), hostname, () => socket.write(sent));
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('error', () => resolve(text));
      socket.on('close', () => resolve(text));
    });
    expect(answer.startsWith(status)).toBe(true);
    expect(answer).toContain('application/problem+json');
  });
});
