import type { FastifyInstance, FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { ProblemException, whenOver } from '@ccro/http';
import type { Caller } from './caller.js';
import { CallerShares } from './caller-shares.js';

/** What calls of some routes take up while they last, each: how many of all, and of one caller. */
const SHARED = {
  /** Connections that events are sent on. */
  events: { total: 64, perCaller: 16 },
  /** Signed requests that are carried. */
  signed: { total: 512 },
  /** Questions about decisions, each of which has nodes read their stores and sign, and all of it checked here. */
  records: { total: 128, perCaller: 8 },
  /** Comparisons, each of which runs two small clusters. */
  comparisons: { total: 2, perCaller: 1 },
} as const satisfies Record<string, { readonly total: number; readonly perCaller?: number }>;

export type SharedThing = keyof typeof SHARED;

/**
 * What is under way for a call, if anything was begun: it may go on when nobody waits for its answer
 * any more. Never rejects.
 */
const underWay = new WeakMap<FastifyRequest, Promise<void>>();

/** Limits how many calls of each shared kind are under way, in all and per caller. */
export class RouteShares {
  private readonly shares = new Map<SharedThing, CallerShares>();

  /**
   * Takes a place for a call until its answer is sent. A caller that disconnects keeps the place until
   * the work that was begun for it is done, so disconnecting gains it nothing.
   *
   * @returns why the call is refused
   */
  take(thing: SharedThing, caller: Caller, reply: FastifyReply): ProblemException | undefined {
    const giveBack = this.of(thing).take(caller.name);
    if (giveBack === undefined) return noneLeft(thing);
    const begun = (): Promise<void> => Promise.resolve(underWay.get(reply.request));
    whenOver(reply, () => void begun().then(() => giveBack()));
    return undefined;
  }

  private of(thing: SharedThing): CallerShares {
    let shares = this.shares.get(thing);
    if (shares === undefined) {
      const { total, ...rest } = SHARED[thing];
      shares = new CallerShares({ total: () => total, ...rest });
      this.shares.set(thing, shares);
    }
    return shares;
  }
}

function noneLeft(thing: SharedThing): ProblemException {
  const { total, perCaller } = SHARED[thing] as { total: number; perCaller?: number };
  const own = perCaller === undefined ? 'its part of them' : String(perCaller);
  const detail = `At most ${total} ${thing} are served at a time, and to one caller ${own}.`;
  return new ProblemException('overloaded', detail, { headers: { 'retry-after': '1' } });
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
