import type { FastifyHelmetOptions } from '@fastify/helmet';
import type { RouteOptions } from 'fastify';

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

/** Of what helmet knows, that which browsers of today heed. */
export const SECURITY_HEADERS: FastifyHelmetOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: OWN_PAGE },
  referrerPolicy: { policy: 'no-referrer' },
  // TLS ends before the gateway, and so does what is to be said about it.
  strictTransportSecurity: false,
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
};

/** Gives the pages of packages, when their routes are made, what they need to be seen. */
export function allowPackagedPages(route: RouteOptions): void {
  if (!PACKAGED.test(route.url)) return;
  const helmet = { contentSecurityPolicy: { useDefaults: false, directives: PACKAGED_PAGE } };
  route.config = { ...route.config, helmet } as NonNullable<RouteOptions['config']>;
}
