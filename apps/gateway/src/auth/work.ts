/** What is under way for a call: it may go on when nobody waits for its answer any more. */

import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';

const underWay = new WeakMap<FastifyRequest, Promise<void>>();

/** Resolves when nothing is under way for a call, at once if nothing was begun. Never rejects. */
export function workOf(request: FastifyRequest): Promise<void> {
  return underWay.get(request) ?? Promise.resolve();
}

/**
 * Follows what routes that take up shares do, and begins nothing for callers that are gone. To be
 * called before the application's routes are made.
 */
export function followWork(http: FastifyInstance): void {
  http.addHook('onRoute', (route) => {
    // `RouteAccess`, which says so in terms of the shares there are.
    const { shares } = (route.config ?? {}) as { readonly shares?: unknown };
    if (shares !== undefined) route.handler = followed(route.handler);
  });
}

function followed(handler: RouteHandlerMethod): RouteHandlerMethod {
  return function (this: FastifyInstance, request: FastifyRequest, reply: FastifyReply): unknown {
    if (request.raw.socket.destroyed) return reply.hijack();
    const work: unknown = handler.call(this, request, reply);
    const ended = Promise.resolve(work).then(
      () => undefined,
      () => undefined,
    );
    underWay.set(request, ended);
    return work;
  };
}
