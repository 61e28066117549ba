import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync, writeFileSync, type ReadStream } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createHttpAdapter } from './http-adapter.js';

const HOST = 'Host: localhost\r\n\r\n';
/** More than the buffers of a connection hold. */
const LONG = Buffer.alloc(16 * 1024 * 1024, 'a');
/** Opened for answers. */
const files: ReadStream[] = [];
const directory = mkdtempSync(join(tmpdir(), 'ccro-http-'));
const path = join(directory, 'long');
writeFileSync(path, LONG);
afterAll(() => rmSync(directory, { recursive: true }));
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  files.splice(0);
});

async function server(): Promise<FastifyInstance> {
  const http = createHttpAdapter(1024).getInstance();
  http.get('/long', (_request, reply) => reply.send(LONG));
  http.get('/file', (_request, reply) => {
    const file = createReadStream(path);
    files.push(file);
    return reply.send(file);
  });
  await http.listen({ port: 0, host: '127.0.0.1' });
  closers.push(() => http.close());
  return http;
}

/** A connection that nothing is read from. */
async function connected(http: FastifyInstance): Promise<Socket> {
  const { hostname, port } = new URL(http.listeningOrigin);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  await once(socket, 'connect');
  closers.push(async () => socket.destroy());
  return socket;
}

describe('a connection with an answer that nobody reads', () => {
  it('F3, sibling: does not keep a server from ending when it asks for CONNECT next', async () => {
    const http = await server();
    const socket = await connected(http);
    const refused = once(http.server, 'connect');
    socket.write(`GET /long HTTP/1.1\r\n${HOST}CONNECT a:1 HTTP/1.1\r\n${HOST}`);
    await refused;
    await http.close();
  });

  it('I13, sibling: is refused once, however much comes that is no HTTP', async () => {
    const http = await server();
    const socket = await connected(http);
    const requested = once(http.server, 'request') as Promise<[unknown, ServerResponse]>;
    let reported = 0;
    http.server.on('clientError', () => (reported += 1));
    socket.write(`GET /long HTTP/1.1\r\n${HOST}`);
    const [, answer] = await requested;
    const listeners = answer.listenerCount('finish');
    while (reported < 5) {
      const again = once(http.server, 'clientError');
      socket.write('garbage');
      await again;
    }
    expect(answer.listenerCount('finish')).toBe(listeners + 1);
    // What follows the answer that was asked for is one refusal.
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString().replaceAll('a', '')));
    await once(socket, 'close');
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  it('F4, sibling: leaves no file open when it ends', async () => {
    const http = await server();
    const socket = await connected(http);
    socket.write(`GET /file HTTP/1.1\r\n${HOST}`.repeat(100));
    await vi.waitFor(() => expect(files).toHaveLength(100));
    expect(files.some(({ closed }) => closed)).toBe(false);
    socket.destroy();
    await vi.waitFor(() => expect(files.filter(({ closed }) => !closed)).toEqual([]));
  });

  it('F4, sibling: a file that is read to its end is closed as well', async () => {
    const http = await server();
    const answer = await fetch(`${http.listeningOrigin}/file`);
    expect(await answer.text()).toHaveLength(LONG.length);
    await vi.waitFor(() => expect(files.map(({ closed }) => closed)).toEqual([true]));
  });
});
