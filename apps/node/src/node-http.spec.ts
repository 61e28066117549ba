import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { InProcessHub, nodeConnectionName } from '@ccro/broker';
import { developmentCluster, developmentKey } from '@ccro/cluster-config';
import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { startNode, type NodeApp } from './node-app.js';
import { clusterFacts, type NodeOptions } from './node-options.js';

Logger.overrideLogger(['warn', 'error', 'fatal']);

const config = developmentCluster({ nodes: 4, mode: 'ccro' });
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function start(self: number, changed: Partial<NodeOptions> = {}): Promise<NodeApp> {
  const node = await startNode({
    facts: clusterFacts(config),
    self,
    secretKey: developmentKey('node', self).secretKey,
    broker: new InProcessHub().broker(nodeConnectionName(self)),
    storage: { durability: 'memory' },
    httpPort: 0,
    host: '127.0.0.1',
    faultInjection: false,
    onFatal: (error) => {
      throw error;
    },
    ...changed,
  });
  closers.push(() => node.close());
  return node;
}

interface Heard {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What a gateway is to a node: an HTTP server that answers. */
async function gateway(
  status: number,
  headers: Readonly<Record<string, string>>,
  answer: string,
): Promise<{ readonly url: string; readonly heard: Heard[] }> {
  const heard: Heard[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url, headers: sent } = request;
      heard.push({ url, headers: sent, body: Buffer.concat(chunks).toString('latin1') });
      response.writeHead(status, headers).end(answer);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heard };
}

function post(node: NodeApp, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${node.url}/preprepare`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: '{"data": "very-important-data"}',
  });
}

async function expectProblem(answer: Response, status: number, name: string): Promise<unknown> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  const body = (await answer.json()) as Record<string, unknown>;
  expect(body).toMatchObject({ type: `urn:ccro:problem:${name}`, status });
  return body;
}

async function connected(node: NodeApp, options: { allowHalfOpen?: true } = {}): Promise<Socket> {
  const { hostname, port } = new URL(node.url);
  const socket = connect({ host: hostname, port: Number(port), ...options });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes on a connection of their own. @returns all that comes back */
async function raw(node: NodeApp, text: string): Promise<string> {
  const { hostname, port } = new URL(node.url);
  const socket = connect(Number(port), hostname, () => socket.write(text));
  let answer = '';
  socket.on('data', (chunk) => (answer += chunk.toString()));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return answer;
}

describe('POST /preprepare at a node', () => {
  it('G4: the commander passes it on to the gateway as it is, and the answer back', async () => {
    const { url, heard } = await gateway(
      202,
      { 'content-type': 'application/json', location: '/requests/x-1', 'retry-after': '1' },
      '{"id":"x-1"}',
    );
    const node = await start(0, { gatewayUrl: () => url });
    const answer = await post(node, {
      authorization: 'Bearer k',
      'idempotency-key': 'order-1',
      prefer: 'respond-async',
      origin: node.url,
    });
    expect(answer.status).toBe(202);
    expect(await answer.json()).toEqual({ id: 'x-1' });
    expect(answer.headers.get('location')).toBe(`${url}/requests/x-1`);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(heard).toHaveLength(1);
    expect(heard[0]).toMatchObject({
      url: '/preprepare',
      body: '{"data": "very-important-data"}',
      headers: {
        authorization: 'Bearer k',
        'idempotency-key': 'order-1',
        prefer: 'respond-async',
        origin: url,
      },
    });
  });

  it('G4, sibling: what the body is stays the gateway’s to say, byte for byte', async () => {
    const { url, heard } = await gateway(400, { 'content-type': 'application/problem+json' }, '{}');
    const node = await start(0, { gatewayUrl: () => url });
    const body = Buffer.from('{"data":"caf\xe9","data":1e400}', 'latin1');
    const headers = { 'content-type': 'text/plain' };
    const answer = await fetch(`${node.url}/preprepare`, { method: 'POST', headers, body });
    expect(answer.status).toBe(400);
    expect(heard[0]?.body).toBe(body.toString('latin1'));
    expect(heard[0]?.headers['content-type']).toBe('text/plain');
  });

  it('B2, sibling: a body in another transfer coding is refused, and not passed on', async () => {
    const { url, heard } = await gateway(200, {}, '{}');
    const node = await start(0, { gatewayUrl: () => url });
    const head = `POST /preprepare HTTP/1.1\r\nHost: ${new URL(node.url).host}\r\nConnection: close`;
    const body = 'Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n';
    const answer = await raw(node, `${head}\r\n${body}`);
    expect(answer).toMatch(/^HTTP\/1\.1 415 /);
    expect(answer).toContain('Transfer-Encoding: gzip, chunked is not taken');
    expect(heard).toEqual([]);
  });

  it('I21: a call that names another server is refused, and nothing is sent there', async () => {
    const { url } = await gateway(200, {}, '{}');
    const other = await gateway(200, {}, '{"secret":1}');
    const node = await start(0, { gatewayUrl: () => url });
    const { host } = new URL(node.url);
    for (const target of [`${other.url}/preprepare`, '*', 'preprepare', other.url]) {
      const head = `POST ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close`;
      const answer = await raw(node, `${head}\r\nContent-Length: 2\r\n\r\n{}`);
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    }
    const named = `//${new URL(other.url).host}/preprepare`;
    const head = `POST ${named} HTTP/1.1\r\nHost: ${host}\r\nConnection: close`;
    expect(await raw(node, `${head}\r\nContent-Length: 2\r\n\r\n{}`)).not.toContain('secret');
    expect(other.heard).toEqual([]);
  });

  it('G4: any other node says which one is the commander, and its address if it knows', async () => {
    const known = await start(2, { nodeUrl: (id) => `http://127.0.0.1:${9000 + id}` });
    const body = await expectProblem(await post(known), 409, 'not-primary');
    expect(body).toMatchObject({
      commander: { id: 0, address: 'http://127.0.0.1:9000' },
      detail: 'Node 2 is not the commander; node 0 is: POST http://127.0.0.1:9000/preprepare.',
    });
    const unknown = await start(3);
    const other = await expectProblem(await post(unknown), 409, 'not-primary');
    expect(other).toMatchObject({ commander: { id: 0, address: null } });
  });

  it('G4: without a gateway it says what to do, and a node is no gateway', async () => {
    const nobody = await start(0, { gatewayUrl: () => 'http://127.0.0.1:1' });
    const body = await expectProblem(await post(nobody), 503, 'gateway-unreachable');
    expect(JSON.stringify(body)).toContain('GATEWAY_URL');
    const early = await start(0, { gatewayUrl: () => undefined });
    await expectProblem(await post(early), 503, 'gateway-unreachable');
    const own: { url?: string } = {};
    const itself = await start(0, { gatewayUrl: () => own.url });
    own.url = itself.url;
    const loop = await expectProblem(await post(itself), 503, 'gateway-unreachable');
    expect(JSON.stringify(loop)).toContain('no gateway');
  });
});

describe('errors of a node', () => {
  it('B5: are problem+json, whoever finds them', async () => {
    const node = await start(1);
    await expectProblem(await fetch(`${node.url}/nothing`), 404, 'not-found');
    await expectProblem(await fetch(`${node.url}/%zz`), 400, 'malformed-request');
    await expectProblem(await fetch(`${node.url}/status?a=%ff`), 400, 'malformed-request');
    await expectProblem(await fetch(`${node.url}/status`, { method: 'PUT' }), 404, 'not-found');
    const tooLarge = { method: 'POST', body: 'x'.repeat(200_000) };
    await expectProblem(await fetch(`${node.url}/preprepare`, tooLarge), 413, 'payload-too-large');
  });

  it.each([
    ['BLAH\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: x\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 200-ok\r\n\r\n', 417],
    [`GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', 405],
  ])('B5: also those of its HTTP parser: %j', async (text, status) => {
    const answer = await raw(
      await start(1),
      text.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'),
    );
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer.toLowerCase()).toContain('content-type: application/problem+json');
    expect(answer.toLowerCase()).toContain('x-content-type-options: nosniff');
    expect(answer.toLowerCase()).toContain('content-security-policy: ');
  });

  it('C2: pages of other sites cannot call it, whatever name they give it', async () => {
    const node = await start(1);
    const { port } = new URL(node.url);
    const get = (headers: string) =>
      raw(node, `GET /status HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`);
    expect(await get(`Host: localhost:${port}\r\n`)).toContain('200 OK');
    expect(await get(`Host: evil.example:${port}\r\n`)).toContain('403');
    expect(await get(`Host: 127.0.0.1\r\nOrigin: http://evil.example\r\n`)).toContain('403');
    const named = await start(2, { allowedHosts: ['node2'] });
    const answer = await raw(
      named,
      'GET /status HTTP/1.1\r\nHost: node2:8080\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toContain('200 OK');
  });

  const host = 'HTTP/1.1\r\nHost: 127.0.0.1\r\n';

  it.each([
    ['nothing', ''],
    ['half a head', 'GET / HT'],
    ['half a body', `POST /preprepare ${host}Content-Length: 100\r\n\r\n{"data"`],
    ['a whole request', `GET /health/live ${host}\r\n`],
    ['no HTTP', 'BLAH\r\n\r\n'],
    ['an expectation', `GET / ${host}Expect: 200-ok\r\n\r\n`],
    ['an upgrade', `GET / ${host}Connection: upgrade\r\nUpgrade: websocket\r\n\r\n`],
    ['CONNECT', `CONNECT a:1 ${host}\r\n`],
    ['a request and CONNECT', `GET /health/live ${host}\r\nCONNECT a:1 ${host}\r\n`],
  ])('F2, sibling: a connection that breaks after %s ends nothing else', async (_what, text) => {
    const unheard: unknown[] = [];
    const hear = (error: unknown): unknown => unheard.push(error);
    process.on('uncaughtException', hear);
    onTestFinished(() => void process.off('uncaughtException', hear));
    const node = await start(1);
    for (const isRead of [true, false, true, false]) {
      const socket = await connected(node);
      if (text !== '') socket.write(text);
      // What came before this was read when this is answered.
      if (isRead) await fetch(`${node.url}/health/live`);
      socket.resetAndDestroy();
      expect((await fetch(`${node.url}/health/live`)).status).toBe(200);
    }
    expect(unheard).toEqual([]);
  });

  it('F3, sibling: who is refused CONNECT and stays does not keep it from ending', async () => {
    const node = await start(1);
    const socket = await connected(node, { allowHalfOpen: true });
    socket.write(`GET /health/live ${host}\r\nCONNECT a:1 ${host}\r\n`);
    await once(socket.resume(), 'end');
    await node.close();
    expect(socket.destroyed).toBe(false);
    socket.destroy();
  });

  it('F3: half a request does not keep it from ending', async () => {
    const node = await start(1);
    const socket = await connected(node);
    const head =
      'POST /preprepare HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{"data"';
    socket.write(head);
    // The node has read it once it answers what came after.
    await fetch(`${node.url}/health/live`);
    const closed = once(socket, 'close');
    await node.close();
    await closed;
  });
});
