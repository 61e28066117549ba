/**
 * Who may call what: key, rate, role. It is decided as soon as the head of a request is read, for
 * every route, also of plugins; a route that declares nothing needs a key.
 */

import type { ApiKey } from '@ccro/cluster-config';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { normalizeIp, ThrottlerStorageService } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Registry } from 'prom-client';
import { ProblemException, sendProblem } from '@ccro/http';
import { accessTo, allows, isAdminArea, type Access, type RouteAccess } from './access.js';
import { noteCaller, type Caller } from './caller.js';
import { KeyRing, type Shown } from './key-ring.js';
import { followWork, RouteShares } from './route-shares.js';

export interface AuthOptions {
  /** Undefined: all callers may do everything. */
  readonly apiKeys: readonly ApiKey[] | undefined;
  /** Calls a second of one address without a key; undefined: no limit. */
  readonly rateLimit: number | undefined;
}

const SECOND_MS = 1000;

const BEARER = 'Bearer realm="ccro"';
/** Where people look with browsers, which can send a key in no other way. */
const BASIC = 'Basic realm="ccro (the key is the password)", charset="UTF-8"';

/**
 * Reads a second that a key may have ordered that may change nothing else: each takes a place in the
 * ledger.
 */
const ORDERED_READS_PER_SECOND = 20;

/** Calls of these are not counted: they come from one address, and must not be refused. */
const PROBES: ReadonlySet<string> = new Set(['/health/live', '/health/ready']);
/** What a browser says of a call that no page of another site had it make. */
const OWN_SITE: ReadonlySet<unknown> = new Set([undefined, 'same-origin', 'none']);

/** To be called before the application's routes are made. */
export function guardRoutes(app: NestFastifyApplication, options: AuthOptions): void {
  const http = app.getHttpAdapter().getInstance();
  const auth = new AuthHook(options, app.get(Registry));
  followWork(http);
  http.addHook('onRequest', async (request, reply) => {
    const problem = await auth.refusal(request, reply);
    if (problem !== undefined) return auth.refuse(reply, problem);
  });
  http.addHook('onClose', (_instance, done) => {
    auth.close();
    done();
  });
}

class AuthHook {
  private readonly keys: KeyRing | undefined;
  /** Only the storage of @nestjs/throttler: its guard comes after the body, on controllers alone. */
  private readonly counts = new ThrottlerStorageService();
  private readonly shares = new RouteShares();
  private readonly addressLimit: number | undefined;
  private readonly refused: Counter<'problem'>;

  constructor({ apiKeys, rateLimit }: AuthOptions, registry: Registry) {
    this.keys = apiKeys === undefined ? undefined : new KeyRing(apiKeys);
    this.addressLimit = rateLimit;
    this.refused = new Counter({
      name: 'ccro_gateway_refused_total',
      help: 'Calls refused for want of a key, role or rate, by problem',
      labelNames: ['problem'],
      registers: [registry],
    });
  }

  /** @returns why a call is refused */
  async refusal(
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<ProblemException | undefined> {
    const { url } = request.routeOptions;
    const config = request.routeOptions.config as RouteAccess;
    const access = accessTo(request.method, url, config);
    const shown = this.keys?.identify(request.headers.authorization, isAdminArea(url));
    const limited = this.limitOf(shown, request);
    if (limited !== undefined) {
      const seconds = await this.count(limited.caller, limited.limit);
      if (seconds > 0) return tooMany(limited.limit, seconds);
    }
    const refused = this.decide(request, shown, access);
    if (refused !== undefined) return refused;
    const caller = callerWith(shown, request.ip);
    noteCaller(request, caller);
    if (config.hasEffect === true && caller.role === 'read') {
      const seconds = await this.count(`reads of ${caller.name}`, ORDERED_READS_PER_SECOND);
      if (seconds > 0) return tooMany(ORDERED_READS_PER_SECOND, seconds);
    }
    return config.shares && this.shares.take(config.shares, caller, reply);
  }

  refuse(reply: FastifyReply, problem: ProblemException): FastifyReply {
    this.refused.inc({ problem: problem.problem });
    sendProblem(reply, problem);
    return reply;
  }

  close(): void {
    this.counts.onApplicationShutdown();
  }

  /**
   * Counts a call of `caller`.
   *
   * @param limit calls a second
   * @returns seconds after which to come back; 0 when the call is within the limit
   */
  private async count(caller: string, limit: number): Promise<number> {
    const counted = await this.counts.increment(caller, SECOND_MS, limit, 0, 'calls');
    return counted.isBlocked ? Math.max(counted.timeToBlockExpire, 1) : 0;
  }

  private limitOf(
    shown: Shown | undefined,
    { ip, routeOptions }: FastifyRequest,
  ): { readonly caller: string; readonly limit: number } | undefined {
    if (typeof shown === 'object') {
      const { name, requestsPerSecond: limit } = shown;
      return limit === undefined ? undefined : { caller: callerNamed(name), limit };
    }
    if (this.addressLimit === undefined || PROBES.has(routeOptions.url ?? '')) return undefined;
    return { caller: callerAt(ip), limit: this.addressLimit };
  }

  private decide(
    request: FastifyRequest,
    shown: Shown | undefined,
    access: Access,
  ): ProblemException | undefined {
    if (shown === undefined || access === 'open') return undefined;
    const adminArea = isAdminArea(request.routeOptions.url);
    if (typeof shown === 'string') return unauthorized(shown, adminArea);
    if (!allows(shown.role, access)) return forbidden(shown, access);
    if (adminArea && isForged(request)) return crossSite();
    return undefined;
  }
}

/** Who calls without a key: an address, or the network that an IPv6 address is in. */
function callerAt(address: string): string {
  return `address ${normalizeIp(address)}`;
}

function callerNamed(name: string): string {
  return `key ${name}`;
}

function callerWith(shown: Shown | undefined, address: string): Caller {
  if (typeof shown === 'object') {
    return { name: callerNamed(shown.name), role: shown.role, owner: shown.name };
  }
  // Without a key that is known only what is open to everybody is reached, or everything.
  const role = shown === undefined ? 'admin' : 'read';
  return { name: callerAt(address), role, owner: shown === undefined ? undefined : '' };
}

/** Whether another site's page had the browser send what it remembers (`Basic`) by itself. */
function isForged({ headers, method }: FastifyRequest): boolean {
  const changes = method !== 'GET' && method !== 'HEAD';
  return changes && !OWN_SITE.has(headers['sec-fetch-site']);
}

function unauthorized(shown: 'unknown' | 'none', adminArea: boolean): ProblemException {
  const detail =
    shown === 'none'
      ? 'Send a key as "Authorization: Bearer <key>". Whoever runs the gateway makes keys.'
      : 'The key that was sent is none of this gateway.';
  const error = shown === 'none' ? BEARER : `${BEARER}, error="invalid_token"`;
  return new ProblemException('unauthorized', detail, {
    headers: { 'www-authenticate': adminArea ? `${BASIC}, ${error}` : error },
  });
}

function forbidden({ name, role }: ApiKey, access: Access): ProblemException {
  const detail = `This needs a key with the role ${access}; that of ${name} has ${role}.`;
  return new ProblemException('forbidden', detail);
}

function crossSite(): ProblemException {
  return new ProblemException('forbidden', 'This is for pages of the gateway itself.');
}

function tooMany(limit: number, seconds: number): ProblemException {
  return new ProblemException('rate-limited', `More than ${limit} calls in a second.`, {
    headers: { 'retry-after': String(seconds) },
  });
}
