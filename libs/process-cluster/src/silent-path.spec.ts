import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { SilentPath } from './silent-path.js';

/** A server that sends back what it gets, and a way to it. */
async function echo(): Promise<{ path: SilentPath; served: Socket[] }> {
  const served: Socket[] = [];
  const server = createServer((socket) => {
    served.push(socket.on('error', () => undefined));
    socket.pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const path = await SilentPath.to((server.address() as AddressInfo).port);
  onTestFinished(() => {
    path.stop();
    server.close();
  });
  return { path, served };
}

function client({ port }: SilentPath): { socket: Socket; heard: () => string } {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { socket, heard: () => text };
}

/** Resolves when it is closed, also by an error. */
function closing(socket: Socket | undefined): Promise<void> {
  return new Promise((resolve) => void socket?.once('close', () => resolve()));
}

describe('a path', () => {
  it('carries both ways, and counts what it carries', async () => {
    const { path } = await echo();
    const { socket, heard } = client(path);
    socket.write('hello');
    await vi.waitFor(() => expect(heard()).toBe('hello'));
    expect([path.open, path.made, path.carried]).toEqual([1, 1, 5]);
  });

  it('that goes silent says nothing to either side, not even that the other has gone', async () => {
    const { path, served } = await echo();
    const before = client(path);
    before.socket.write('a');
    await vi.waitFor(() => expect(before.heard()).toBe('a'));
    expect(path.silence()).toBe(1);
    before.socket.write('b');
    before.socket.end();
    const after = client(path);
    after.socket.write('c');
    await vi.waitFor(() => expect(after.heard()).toBe('c'));
    expect(before.heard()).toBe('a');
    expect(served[0]?.readableEnded).toBe(false);
    const ended = closing(served[0]);
    path.endSilent();
    await ended;
  });

  it('breaks when it is cut, and where nobody listens at its end', async () => {
    const { path } = await echo();
    const { socket } = client(path);
    await once(socket, 'connect');
    await vi.waitFor(() => expect(path.made).toBe(1));
    const broken = closing(socket);
    path.cut();
    await broken;
    const nowhere = await SilentPath.to(1);
    onTestFinished(() => nowhere.stop());
    await closing(client(nowhere).socket);
    expect([nowhere.open, nowhere.made]).toEqual([0, 0]);
  });
});
