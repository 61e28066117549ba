import { once } from 'node:events';
import { createServer, request, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HeldConnections } from './connection-limit.js';

const HOST = '127.0.0.1';

interface Held {
  readonly servers: readonly Server[];
  readonly ports: readonly number[];
  readonly lines: string[];
  readonly waiting: ServerResponse[];
  readonly held: HeldConnections;
}

/** Servers that share a limit, and leave calls of /wait unanswered. */
async function held(connections: number, count = 1): Promise<Held> {
  const lines: string[] = [];
  const waiting: ServerResponse[] = [];
  const limit = new HeldConnections({ connections, limit: 1000 }, (line) => lines.push(line));
  const ports: number[] = [];
  const servers: Server[] = [];
  for (let index = 0; index < count; index += 1) {
    const server: Server = createServer(({ url }, response) => {
      if (url === '/wait') waiting.push(response);
      else response.end('answered');
    });
    servers.push(server);
    limit.hold(server);
    server.listen(0, HOST);
    await once(server, 'listening');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    ports.push((server.address() as AddressInfo).port);
  }
  return { servers, ports, lines, waiting, held: limit };
}

async function idle(port = 0): Promise<Socket> {
  const socket = connect(port, HOST).on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

function call(port: number | undefined, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call_ = request({ host: HOST, port, path, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => resolve(text));
    });
    call_.on('error', reject).end();
  });
}

describe('connections beyond the limit', () => {
  it('F4: take the place of those that were idle for longest, and one line says why', async () => {
    const { ports, lines } = await held(5);
    const [port] = ports;
    const first = await idle(port);
    const closed = once(first, 'close');
    for (let index = 0; index < 20; index += 1) await idle(port);
    await closed;
    expect(await call(port, '/')).toBe('answered');
    expect(lines).toEqual([
      expect.stringMatching(
        /^5 connections at a time .* limit of 1000 open files leaves \(ulimit -n\)/,
      ),
    ]);
  });

  it('F4, sibling: never that of a call under way; with none idle the new one is refused', async () => {
    const { ports, waiting } = await held(3);
    const [port] = ports;
    const calls = [1, 2, 3].map(() => call(port, '/wait'));
    await vi.waitFor(() => expect(waiting).toHaveLength(3));
    await expect(call(port, '/')).rejects.toThrow(/socket hang up|ECONNRESET/);
    for (const response of waiting) response.end('late');
    expect(await Promise.all(calls)).toEqual(['late', 'late', 'late']);
    await vi.waitFor(async () => expect(await call(port, '/')).toBe('answered'));
  });

  it('F4, sibling: all servers of a process share what there is', async () => {
    const { ports } = await held(4, 2);
    const onFirst = await idle(ports[0]);
    const closed = once(onFirst, 'close');
    for (let index = 0; index < 4; index += 1) await idle(ports[1]);
    await closed;
    expect(await call(ports[0], '/')).toBe('answered');
  });
});

it('F2, sibling: a connection that cannot be accepted ends nothing, and one line says why', async () => {
  const { servers, ports, lines } = await held(5);
  for (let times = 0; times < 3; times += 1) {
    servers[0]?.emit('error', new Error('accept ENFILE'));
  }
  expect(lines).toEqual([expect.stringMatching(/not accepted \(accept ENFILE\): .*ulimit -n/)]);
  expect(await call(ports[0], '/')).toBe('answered');
});

it('F2, sibling: a port that is taken is still said to whoever asked for it', async () => {
  const { ports, lines, held: limit } = await held(5);
  const other = createServer();
  limit.hold(other);
  other.listen(ports[0], HOST);
  expect(await once(other, 'error')).toMatchObject([{ code: 'EADDRINUSE' }]);
  expect(lines).toEqual([]);
});
