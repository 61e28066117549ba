/**
 * Which pages a browser may call from, where calls need no key.
 *
 * A browser can reach what listens on the loopback address, and so can every page that it shows. Such
 * pages are recognised by the headers that the browser sends: the host name that it calls (`Host`,
 * which a page of another site can make resolve to this server by DNS rebinding), where the call comes
 * from (`Origin`, `Referer`) and how (`Sec-Fetch-*`).
 */

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ProblemException } from './problem/problem.js';
import { sendProblem } from './problem/problem.filter.js';

interface SiteRules {
  /** Names besides those of the loopback address that `Host` may have; undefined: any. */
  readonly hosts: readonly string[] | undefined;
  /** Origins of pages of other sites that may call. */
  readonly origins: readonly string[];
}

/** What a route's configuration says of it. */
export interface SiteConfig {
  /** Whether it changes something although its method is a safe one. */
  readonly hasEffect?: boolean;
}

/** What a browser says of a call that no page of another site had it make. */
const OWN: ReadonlySet<unknown> = new Set([undefined, 'same-origin', 'none']);
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * The names that a server answers to, where nobody set them: on the loopback address its own.
 *
 * @param address that it listens on
 */
export function namesOf(address: string): readonly string[] | undefined {
  return isLoopbackName(address) ? [] : undefined;
}

/** To be called before the application's routes are made. */
export function guardSites(http: FastifyInstance, rules: SiteRules): void {
  const isKnownHost = rememberingLast((host: string) => isKnown(hostName(host), rules));
  http.addHook('onRequest', (request, reply, done) => {
    const problem = siteProblem(request, rules, isKnownHost);
    if (problem === undefined) done();
    else sendProblem(reply, problem);
  });
}

/** Callers say the same host again and again, and reading it takes longer than all else here. */
function rememberingLast<T>(compute: (key: string) => T): (key: string) => T {
  let last: { readonly key: string; readonly value: T } | undefined;
  return (key) => {
    if (last?.key !== key) last = { key, value: compute(key) };
    return last.value;
  };
}

function siteProblem(
  request: FastifyRequest,
  rules: SiteRules,
  isKnownHost: (host: string) => boolean,
): ProblemException | undefined {
  const { host, origin } = request.headers;
  if (host !== undefined && !isKnownHost(host)) return unknownHost(host);
  if (origin !== undefined && !isOwn(origin, host, rules)) return foreign(`from ${origin}`);
  // With the origin of a page that may call, it does not matter how it calls.
  if (origin !== undefined || !isMadeElsewhere(request, rules)) return undefined;
  return foreign('that a page of another site had the browser make');
}

function isKnown(name: string | undefined, { hosts, origins }: SiteRules): boolean {
  if (hosts === undefined) return true;
  if (name === undefined) return false;
  if (isLoopbackName(name) || hosts.some((each) => each.toLowerCase() === name)) return true;
  return origins.some((origin) => new URL(origin).hostname === name);
}

function isOwn(origin: string, host: string | undefined, { origins }: SiteRules): boolean {
  if (origins.includes(origin)) return true;
  // A proxy may have ended TLS: what counts is the name and the port.
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  return url !== undefined && url.host !== '' && url.host === hostAndPort(host, url.protocol);
}

function isMadeElsewhere(request: FastifyRequest, rules: SiteRules): boolean {
  const { headers, method, routeOptions } = request;
  const { hasEffect = false } = routeOptions.config as SiteConfig;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) {
    if (OWN.has(site)) return false;
    // A link from elsewhere to something to look at.
    const isVisit = headers['sec-fetch-mode'] === 'navigate' && SAFE.has(method);
    return hasEffect || !isVisit || headers['sec-fetch-dest'] !== 'document';
  }
  // Browsers leave it out towards other machines without TLS.
  const { referer } = headers;
  if (referer === undefined || (SAFE.has(method) && !hasEffect)) return false;
  return !URL.canParse(referer) || !isOwn(new URL(referer).origin, headers.host, rules);
}

function hostName(host: string | undefined): string | undefined {
  if (host === undefined || !/^[\w.[\]:-]+$/.test(host)) return undefined;
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/\.$/, '') : undefined;
}

function hostAndPort(host: string | undefined, protocol: string): string | undefined {
  if (hostName(host) === undefined) return undefined;
  const url = `${protocol}//${host}`;
  return URL.canParse(url) ? new URL(url).host : undefined;
}

/** Whether nobody but this machine can be meant. */
function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    /^127(\.\d{1,3}){3}$/.test(name) ||
    name === '::1' ||
    name === '[::1]'
  );
}

function unknownHost(host: string): ProblemException {
  return new ProblemException(
    'forbidden',
    `Host: ${host} is none of this server's names: it answers to those of the loopback address. ` +
      'ALLOWED_HOSTS names others.',
  );
}

function foreign(call: string): ProblemException {
  return new ProblemException(
    'forbidden',
    `This server takes no call ${call}: CORS_ORIGINS names the sites whose pages may call.`,
  );
}
