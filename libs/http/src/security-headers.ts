/** What browsers are told, with every answer there is: also those that refuse. */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import helmet from 'helmet';

export type HttpHeaders = Readonly<Record<string, string>>;

/** The gateway's own page loads nothing from elsewhere and is no part of another page. */
const OWN_PAGE = {
  defaultSrc: ["'self'"],
  scriptSrc: ["'self'"],
  connectSrc: ["'self'"],
  objectSrc: ["'none'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
};

/** Pages of packages (the API's description, the queue): their styles are in their HTML. */
const PACKAGED_PAGE = {
  ...OWN_PAGE,
  baseUri: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
};
const PACKAGED = /^\/(docs|admin)(\/|$)/;

/** Of every answer, those that Node's parser has refused before there was a request among them. */
export const SECURITY_HEADERS: HttpHeaders = headersWith(OWN_PAGE);
const PACKAGED_HEADERS = headersWith(PACKAGED_PAGE);

/** To be called before anything else can answer. */
export function addSecurityHeaders(http: FastifyInstance): void {
  http.addHook('onRequest', (request, reply, done) => {
    const isPackaged = PACKAGED.test(request.routeOptions.url ?? '');
    reply.headers(isPackaged ? PACKAGED_HEADERS : SECURITY_HEADERS);
    done();
  });
}

/**
 * Those of helmet's headers that present browsers use. They never depend on the request; what is
 * answered does, on the site that asks (`sites.ts`, CORS), so that no cache may pass on to one site
 * what another was told.
 */
function headersWith(directives: Record<string, string[]>): HttpHeaders {
  const headers: Record<string, string> = { vary: 'Origin' };
  const response = {
    setHeader: (name: string, value: string) => (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives },
    referrerPolicy: { policy: 'no-referrer' },
    // TLS ends before the gateway, and so does what is to be said about it.
    strictTransportSecurity: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  })({} as IncomingMessage, response as unknown as ServerResponse, () => undefined);
  return headers;
}
