import { once } from 'node:events';
import { createServer, type AddressInfo, type ListenOptions } from 'node:net';

/** A TCP port that nobody else gets until it is freed. */
export interface HeldPort {
  readonly port: number;
  /** Resolves when others can have the port. May be called again. */
  readonly free: () => Promise<void>;
}

/**
 * Listens on a port so that nobody else does. Who connects meanwhile is hung up on: an open
 * connection would keep the port from being freed.
 *
 * @param options port 0 for any free one
 * @throws an error with code EADDRINUSE (or EACCES), the port in it
 */
export async function holdPort(
  options: Pick<ListenOptions, 'port' | 'host' | 'exclusive'>,
): Promise<HeldPort> {
  const server = createServer((socket) => {
    // The other end may have broken the connection already.
    socket.on('error', () => undefined);
    socket.destroy();
  });
  server.listen(options);
  await once(server, 'listening');
  // A connection that could not be taken is none that would have been kept.
  server.on('error', () => undefined);
  const { port } = server.address() as AddressInfo;
  return { port, free: () => new Promise((resolve) => server.close(() => resolve())) };
}

export const LOOPBACK = '127.0.0.1';

/** A TCP port on the loopback interface that was just free; another program may still take it. */
export async function freePort(host = LOOPBACK): Promise<number> {
  const held = await holdPort({ port: 0, host });
  await held.free();
  return held.port;
}
