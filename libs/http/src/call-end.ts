import type { Socket } from 'node:net';
import type { FastifyReply } from 'fastify';

/** What is to be done when a connection ends, for each of its calls that is not over. */
const unfinished = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `end` once when a call is over: its answer was sent, or its connection is gone. Whatever a
 * call takes up is to be given back here.
 *
 * Not by the answer's `close` alone: Node never closes the answer to a call that waited behind an
 * earlier one on its connection (pipelining) when that connection ends.
 */
export function whenOver({ raw: response, request }: FastifyReply, end: () => void): void {
  const { socket } = request.raw;
  const waiting = waitingOn(socket);
  const over = (): void => {
    if (waiting.delete(over)) end();
  };
  waiting.add(over);
  response.once('close', over);
  if (socket.destroyed) over();
}

/** One listener for each connection, however many calls come over it. */
function waitingOn(socket: Socket): Set<() => void> {
  const known = unfinished.get(socket);
  if (known !== undefined) return known;
  const waiting = new Set<() => void>();
  unfinished.set(socket, waiting);
  socket.once('close', () => {
    for (const over of [...waiting]) over();
  });
  return waiting;
}
