import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { sendProblem } from '@ccro/http';
import { fastify } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import { GatewayRelay } from './gateway-relay.js';

const HOST = '127.0.0.1';

/** A gateway that takes connections and says no more than `head`. */
async function silentGateway(head = ''): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.write(head);
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `http://${HOST}:${(server.address() as AddressInfo).port}`;
}

/** @returns where a node passes calls on to `gatewayUrl` */
async function nodeBefore(gatewayUrl: string, maxAnswerMs: number): Promise<string> {
  const relay = new GatewayRelay(() => gatewayUrl, 'node 0', maxAnswerMs);
  const node = fastify();
  onTestFinished(() => node.close());
  node.setErrorHandler((error: Error, _request, reply) => sendProblem(reply, error));
  node.post('/preprepare', async (request, reply) => {
    await relay.pass(request, reply);
    return reply;
  });
  return `${await node.listen({ host: HOST, port: 0 })}/preprepare`;
}

describe('a gateway that takes a call and stays silent', () => {
  it('F3, sibling: keeps its caller no longer than a limit, and is named', async () => {
    const gateway = await silentGateway();
    const url = await nodeBefore(gateway, 100);
    const answer = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(3_000) });
    expect(answer.status).toBe(504);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({
      type: 'urn:ccro:problem:decision-timeout',
      detail: expect.stringContaining(`The gateway at ${gateway} took the call`) as unknown,
    });
  });

  it('F3, sibling: does so also after the head of its answer', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n';
    const url = await nodeBefore(await silentGateway(head), 100);
    const answer = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(3_000) });
    expect(answer.status).toBe(504);
  });
});
