import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { holdPort, type HeldPort } from './held-port.js';

const HOST = '127.0.0.1';

async function held(port = 0): Promise<HeldPort> {
  const made = await holdPort({ port, host: HOST });
  onTestFinished(() => void made.free());
  return made;
}

/** Connected, and kept open at this end whatever the other one does. */
async function connectedTo(port: number): Promise<Socket> {
  const socket = connect({ port, host: HOST, allowHalfOpen: true });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

describe('a port that is held', () => {
  it('is nobody else’s until it is freed', async () => {
    const first = await held();
    await expect(held(first.port)).rejects.toMatchObject({ code: 'EADDRINUSE', port: first.port });
    await first.free();
    await first.free();
    expect((await held(first.port)).port).toBe(first.port);
  });

  it('F3, sibling: is freed although somebody connected, sent data and stays', async () => {
    const { port, free } = await held();
    const socket = await connectedTo(port);
    socket.write('GET / HTTP/1.1\r\n');
    await delay(50);
    await expect(free()).resolves.toBeUndefined();
  }, 5_000);

  it('F2, sibling: outlives a connection that is broken', async () => {
    const { port, free } = await held();
    for (let round = 0; round < 20; round += 1) {
      const socket = await connectedTo(port);
      socket.write('x');
      socket.resetAndDestroy();
    }
    await free();
    expect((await held(port)).port).toBe(port);
  }, 5_000);
});
