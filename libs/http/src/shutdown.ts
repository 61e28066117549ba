import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** How long a server that closes waits for calls under way, in milliseconds. */
const CLOSE_DEADLINE_MS = 3_000;

/**
 * Has a server that closes wait for calls under way, but not without end: half a request that never
 * becomes a whole one, or an answer that nobody reads, ends with its connection at the deadline.
 */
export function closeInTime(http: FastifyInstance): void {
  const server: Server = http.server;
  http.addHook('preClose', (done) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_DEADLINE_MS);
    server.once('close', () => clearTimeout(timer));
    done();
  });
}

/**
 * Closes, when the application closes, connections over which no request came yet. Browsers
 * open such connections in advance, and Node's server would wait for their first request until it
 * times out.
 */
export function dropUnusedConnections(http: FastifyInstance): void {
  const server: Server = http.server;
  const unused = new Set<Socket>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    if (closing) {
      socket.destroy();
      return;
    }
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage) => unused.delete(socket));
  http.addHook('preClose', (done) => {
    closing = true;
    for (const socket of unused) socket.destroy();
    done();
  });
}
