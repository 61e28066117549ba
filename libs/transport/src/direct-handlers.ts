import {
  EXCEPTION_FILTERS_METADATA,
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
} from '@nestjs/common/constants.js';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { PARAM_ARGS_METADATA } from '@nestjs/microservices/constants.js';
import { RpcParamtype } from '@nestjs/microservices/enums/rpc-paramtype.enum.js';
import { ListenerMetadataExplorer } from '@nestjs/microservices/listener-metadata-explorer.js';
import type { BrokerContext } from './broker-context.js';

/** A handler method as it is, bound to its controller. May return a promise. */
export type DirectHandler = (payload: Uint8Array, context: BrokerContext) => unknown;

/** What Nest wraps around a handler; a handler with any of these goes Nest's way. */
const ENHANCERS = [
  GUARDS_METADATA,
  INTERCEPTORS_METADATA,
  PIPES_METADATA,
  EXCEPTION_FILTERS_METADATA,
];

/**
 * The `@EventPattern` methods, by pattern, that can be called as they are: of controllers that
 * live as long as the application, without guards, interceptors, pipes or filters of their own,
 * whose first parameter is the payload and whose second, if any, is the context. Global enhancers
 * are not looked at: they are no part of this path.
 */
export function findDirectHandlers(
  modules: ModulesContainer,
  transportId: symbol,
): Map<string, DirectHandler[]> {
  const explorer = new ListenerMetadataExplorer(new MetadataScanner());
  const found = new Map<string, DirectHandler[]>();
  for (const controller of lastingControllers(modules)) {
    for (const listener of explorer.explore(controller)) {
      const { isEventHandler, methodKey, targetCallback } = listener;
      const transport: unknown = listener.transport;
      if (!isEventHandler || (transport !== undefined && transport !== transportId)) continue;
      if (!isPlain(controller, methodKey, targetCallback)) continue;
      const handler = targetCallback.bind(controller) as DirectHandler;
      for (const pattern of listener.patterns.filter((each) => typeof each === 'string')) {
        found.set(pattern, [...(found.get(pattern) ?? []), handler]);
      }
    }
  }
  return found;
}

/** The controllers that are not made anew for each message. */
function* lastingControllers(modules: ModulesContainer): Generator<object> {
  for (const module of modules.values()) {
    for (const wrapper of module.controllers.values()) {
      const controller: unknown = wrapper.isDependencyTreeStatic() ? wrapper.instance : null;
      if (typeof controller === 'object' && controller !== null) yield controller;
    }
  }
}

function isPlain(controller: object, methodKey: string, method: object): boolean {
  const { constructor } = controller;
  const enhanced = ENHANCERS.some(
    (key) => Reflect.hasMetadata(key, method) || Reflect.hasMetadata(key, constructor),
  );
  return !enhanced && takesPayloadThenContext(constructor, methodKey);
}

interface ParameterMetadata {
  readonly index: number;
  readonly data?: unknown;
  readonly pipes?: readonly unknown[];
  readonly schema?: unknown;
}

/** Without parameter decorators Nest passes the payload alone; with them, what they ask for. */
function takesPayloadThenContext(constructor: object, methodKey: string): boolean {
  const parameters = Reflect.getMetadata(PARAM_ARGS_METADATA, constructor, methodKey) as
    Readonly<Record<string, ParameterMetadata>> | undefined;
  return Object.entries(parameters ?? {}).every(([key, { index, data, pipes, schema }]) => {
    const type = Number(key.split(':')[0]);
    const expected = index === 0 ? RpcParamtype.PAYLOAD : RpcParamtype.CONTEXT;
    const bare = data === undefined && schema === undefined && (pipes ?? []).length === 0;
    return bare && index <= 1 && type === expected;
  });
}
