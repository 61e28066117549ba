import { API_ROLES, type ApiRole } from '@ccro/cluster-config';
import type { SiteConfig } from '@ccro/http';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { SharedThing } from './route-shares.js';

/** Who may call a route: everybody, or holders of a key with that role or a higher one. */
export type Access = 'open' | ApiRole;

/** What a route's configuration may say of it; without, `accessTo` decides. */
export interface RouteAccess extends SiteConfig {
  readonly access?: Access;
  /** What a call takes up while it lasts. */
  readonly shares?: SharedThing;
}

/** The part for operators of the cluster, whatever is served there. */
const ADMIN_AREA = /^\/admin(\/|$)/;
/** The same in every installation, and what a browser loads before it can be given a key. */
const OPEN_FILES = /^\/(assets\/|docs(-json|-yaml)?(\/|$))/;

/** What is required of who calls a route; one of these for each. */
export function RouteRule(config: RouteAccess): MethodDecorator {
  return RouteConfig(config);
}

/** Says who may call a route, where that does not follow from its method. */
export function Needs(access: Access): MethodDecorator {
  return RouteRule({ access });
}

/**
 * Who may call a route. Routes that declare nothing need a key: `read` to look, `submit` to change.
 *
 * @param url as the route has it, with parameters; undefined when there is no such route
 */
export function accessTo(
  method: string,
  url: string | undefined,
  { access }: RouteAccess = {},
): Access {
  if (url !== undefined && ADMIN_AREA.test(url)) return 'admin';
  if (access !== undefined) return access;
  if (method !== 'GET' && method !== 'HEAD') return 'submit';
  return url !== undefined && OPEN_FILES.test(url) ? 'open' : 'read';
}

export function isAdminArea(url: string | undefined): boolean {
  return url !== undefined && ADMIN_AREA.test(url);
}

/** Whether a key of `role` opens what needs `access`. */
export function allows(role: ApiRole, access: Access): boolean {
  return access === 'open' || API_ROLES.indexOf(role) >= API_ROLES.indexOf(access);
}
