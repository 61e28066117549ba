import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BodyRoom } from './body-room.js';
import { createHttpAdapter } from './http-adapter.js';
import { sendProblem } from './problem/problem.filter.js';

const MIB = 1024 * 1024;
const BODY = 128 * 1024;
const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A server that counts bytes, and says who calls by a header. */
async function server(): Promise<{ readonly port: number; readonly url: string }> {
  const adapter = createHttpAdapter(BODY, ({ headers }) => String(headers['x-caller']));
  const http = adapter.getInstance();
  http.setErrorHandler((error, _request, reply) => sendProblem(reply, error));
  http.post('/count', (request) => ({ length: JSON.stringify(request.body).length }));
  const url = await http.listen({ port: 0, host: '127.0.0.1' });
  closers.push(() => http.close());
  return { port: Number(new URL(url).port), url };
}

function post(url: string, caller: string, body: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-caller': caller };
  return fetch(`${url}/count`, { method: 'POST', headers, body });
}

/** A body of which a few bytes are missing. */
async function begin(port: number, caller: string, length: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  await once(socket, 'connect');
  const head = `Host: localhost\r\nx-caller: ${caller}\r\nContent-Type: application/json\r\n`;
  socket.write(`POST /count HTTP/1.1\r\n${head}${length}\r\n\r\n`);
  socket.resume();
  return socket;
}

describe('bodies on their way', () => {
  it.each([`Content-Length: ${BODY}`, 'Transfer-Encoding: chunked'])(
    'I29: of one caller have so much room, and no more, with %s',
    async (length) => {
      const { port, url } = await server();
      const begun = await Promise.all(
        Array.from({ length: (32 * MIB) / BODY }, () => begin(port, 'greedy', length)),
      );
      closers.push(async () => begun.forEach((socket) => socket.destroy()));
      await vi.waitFor(async () => {
        const refused = await post(url, 'greedy', '"more"');
        expect(refused.status).toBe(429);
        expect(refused.headers.get('retry-after')).toBe('1');
        expect(await refused.json()).toMatchObject({ type: 'urn:ccro:problem:overloaded' });
      });
      // Another one has room, and a body that has arrived takes none.
      for (let times = 0; times < 3; times += 1) {
        expect(await (await post(url, 'modest', `"${'a'.repeat(BODY - 2)}"`)).json()).toEqual({
          length: BODY,
        });
      }
      for (const socket of begun) socket.destroy();
      await vi.waitFor(async () => expect((await post(url, 'greedy', '"now"')).status).toBe(200));
    },
    20_000,
  );

  it('I29: of all callers have a bounded room together', () => {
    const room = new BodyRoom();
    const taken = Array.from({ length: 1000 }, (_, caller) => room.take(`${caller}`, MIB));
    const given = taken.filter((giveBack) => giveBack !== undefined);
    expect(given).toHaveLength(64);
    given[0]?.();
    given[0]?.();
    expect(room.take('late', MIB)).toBeDefined();
    expect(room.take('later', 1)).toBeUndefined();
  });
});
