import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';

/** How long a server that closes waits for calls under way, in milliseconds. */
const CLOSE_DEADLINE_MS = 3_000;

/**
 * Has a server that closes wait for calls under way, but not without end: half a request that never
 * becomes a whole one, or an answer that nobody reads, ends with its connection at the deadline.
 */
export function closeInTime(http: FastifyInstance, deadlineMs = CLOSE_DEADLINE_MS): void {
  const server: Server = http.server;
  http.addHook('preClose', (done) => {
    const timer = setTimeout(() => server.closeAllConnections(), deadlineMs);
    server.once('close', () => clearTimeout(timer));
    done();
  });
}
