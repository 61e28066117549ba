/** What browsers are told, with every answer there is: also those that refuse. */

import fastifyCors from '@fastify/cors';
import fastifyHelmet, { type FastifyHelmetOptions } from '@fastify/helmet';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
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
const SECURITY_HEADERS: FastifyHelmetOptions = {
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
function allowPackagedPages(route: RouteOptions): void {
  if (!PACKAGED.test(route.url)) return;
  const helmet = { contentSecurityPolicy: { useDefaults: false, directives: PACKAGED_PAGE } };
  route.config = { ...route.config, helmet } as NonNullable<RouteOptions['config']>;
}

/**
 * To be called before anything else can answer.
 *
 * @param corsOrigins whose pages may call from browsers
 */
export async function tellBrowsers(
  app: NestFastifyApplication,
  corsOrigins: readonly string[],
): Promise<void> {
  const http = app.getHttpAdapter().getInstance();
  http.addHook('onRoute', allowPackagedPages);
  await http.register(fastifyHelmet, SECURITY_HEADERS);
  if (corsOrigins.length === 0) return;
  await http.register(fastifyCors, {
    origin: [...corsOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'],
    exposedHeaders: ['location', 'retry-after', 'www-authenticate'],
    maxAge: 600,
  });
}
