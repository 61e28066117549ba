/** Who calls, as far as it matters once access is granted: whose things are whose, and whose share of what. */

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { ApiRole } from '@ccro/cluster-config';
import type { FastifyRequest } from 'fastify';

export interface Caller {
  /** Under which it has its share of what is limited: one for each key, or for each address. */
  readonly name: string;
  readonly role: ApiRole;
  /**
   * Whose requests, keys and experiments are its own; undefined where no keys are needed: then
   * everything is everybody's.
   */
  readonly owner: string | undefined;
}

/** Every caller of a gateway that asks for no keys. */
export const ANYBODY: Caller = { name: 'anybody', role: 'admin', owner: undefined };

const callers = new WeakMap<FastifyRequest, Caller>();

/** Notes who makes a call: for the hook that grants access. */
export function noteCaller(request: FastifyRequest, caller: Caller): void {
  callers.set(request, caller);
}

export function callerOf(request: FastifyRequest): Caller {
  return callers.get(request) ?? ANYBODY;
}

/** Whether `caller` may see and end what belongs to `owner`; what nobody owns is the admins'. */
export function mayHandle(caller: Caller, owner: string | undefined): boolean {
  return caller.owner === undefined || caller.role === 'admin' || caller.owner === owner;
}

/** The caller of a route. */
export const CalledBy = createParamDecorator(
  (_data: undefined, context: ExecutionContext): Caller =>
    callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
