import type { Broker } from '@ccro/broker';
import type { ModulesContainer } from '@nestjs/core';
import {
  Server,
  type BaseRpcContext,
  type CustomTransportStrategy,
  type MessageHandler,
  type Transport,
} from '@nestjs/microservices';
import { isObservable } from 'rxjs';
import { BrokerContext } from './broker-context.js';
import { findDirectHandlers, type DirectHandler } from './direct-handlers.js';

/**
 * Reads from a payload which kind of message it claims to be, or undefined. It runs on every
 * message before anything is checked: it must be cheap, believe nothing and never throw.
 */
export type PeekKind = (payload: Uint8Array) => string | undefined;

/** For `@EventPattern(kind, BROKER_TRANSPORT)` in an application with several transports. */
export const BROKER_TRANSPORT = Symbol('ccro.broker');

/** The pattern of the handler for everything that no other handler is for, garbage included. */
export const FALLBACK_PATTERN = '*';

const LOG_INTERVAL_MS = 1_000;

export type BrokerStatus = 'connected' | 'disconnected';

export interface BrokerServerEvents {
  connection: (connected: boolean) => void;
  [event: string]: (connected: boolean) => void;
}

export interface BrokerServerOptions {
  /** Channels to subscribe to when the server begins to listen. */
  readonly channels: readonly string[];
  /** Reads a message's kind, which is the pattern of its handler. */
  readonly peek: PeekKind;
  /** Whether `close` closes the broker as well; default true. */
  readonly closesBroker?: boolean;
  /**
   * Which errors of a handler mean that this program is wrong and must stop. By default failed
   * assertions: errors named `InvariantViolation` or `AssertionError`.
   */
  readonly isFatal?: (error: unknown) => boolean;
}

export interface BrokerServerDependencies {
  readonly broker: Broker;
  /**
   * Nest's modules, injectable as `ModulesContainer`. With them, handlers without guards, pipes,
   * interceptors and filters are called directly; without, everything goes through Nest's pipeline.
   */
  readonly modules?: ModulesContainer;
  /** Ends the process; by default by throwing the error where nobody catches it. */
  readonly stopProcess?: (error: unknown) => void;
}

/** What became of the messages received. */
export interface DispatchCounts {
  readonly received: number;
  /** Messages without a handler, not even `*`. */
  readonly unhandled: number;
  /** Handlers that threw or rejected. */
  readonly failed: number;
}

type Route = (payload: Uint8Array, context: BrokerContext) => unknown;

/**
 * Nest's transport over a broker's one connection. Handlers are declared with
 * `@EventPattern<string>('vote')` and receive the raw payload (Uint8Array) and a `BrokerContext`;
 * `@EventPattern<string>('*')` receives all that has no handler. There are no replies.
 *
 * A handler that throws never disturbs the connection. What it threw is logged, unless it is a
 * failed assertion, which ends the process. (On Nest's pipeline Nest logs it, and only logs it.)
 */
export class BrokerServer
  extends Server<BrokerServerEvents, BrokerStatus>
  implements CustomTransportStrategy
{
  override transportId: Transport | symbol = BROKER_TRANSPORT;

  private readonly contexts = new Map<string, BrokerContext>();
  private readonly routes = new Map<string, Route>();
  private fallback: Route | undefined;
  private state: 'new' | 'listening' | 'closed' = 'new';
  private instrumented = false;
  private received = 0;
  private unhandled = 0;
  private failed = 0;
  private failedSinceLog = 0;
  private loggedAt = 0;

  constructor(
    private readonly options: BrokerServerOptions,
    private readonly dependencies: BrokerServerDependencies,
  ) {
    super();
    const { broker } = dependencies;
    broker.onConnectionChange((connected) => {
      this._status$.next(connected ? 'connected' : 'disconnected');
    });
    broker.onMessage((channel, payload) => this.dispatch(channel, payload));
  }

  /** Subscribes and connects, then calls back; with the BrokerError when that fails. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.start();
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  /** Handles nothing from now on; closes the broker unless told not to. */
  async close(): Promise<void> {
    this.state = 'closed';
    if (this.options.closesBroker ?? true) await this.dependencies.broker.close();
  }

  /** `connection` is the only event: the broker's connection came or went. */
  on<Event extends keyof BrokerServerEvents>(
    _event: Event,
    callback: BrokerServerEvents[Event],
  ): void {
    this.dependencies.broker.onConnectionChange(callback);
  }

  /** The broker. */
  unwrap<T>(): T {
    return this.dependencies.broker as T;
  }

  counts(): DispatchCounts {
    const { received, unhandled, failed } = this;
    return { received, unhandled, failed };
  }

  override setOnProcessingStartHook(
    hook: (transportId: Transport | symbol, context: unknown, done: () => Promise<unknown>) => void,
  ): void {
    this.instrumented = true; // Nest's own path calls the hooks
    super.setOnProcessingStartHook(hook);
  }

  private async start(): Promise<void> {
    const { broker, modules } = this.dependencies;
    const direct =
      modules && !this.instrumented
        ? findDirectHandlers(modules, BROKER_TRANSPORT)
        : new Map<string, DirectHandler[]>();
    for (const [pattern, handler] of this.messageHandlers) {
      const route = this.routeOf(pattern, handler, direct.get(pattern) ?? []);
      if (pattern === FALLBACK_PATTERN) this.fallback = route;
      else this.routes.set(pattern, route);
    }
    this.state = 'listening';
    await broker.subscribe(this.options.channels);
    await broker.connect();
  }

  private routeOf(
    pattern: string,
    handler: MessageHandler,
    direct: readonly DirectHandler[],
  ): Route {
    if (direct.length < chainLength(handler)) return this.nestRoute(pattern, handler);
    const [first] = direct;
    if (first && direct.length === 1) return first;
    return (payload, context) => {
      for (const each of direct) this.run(pattern, each, payload, context);
    };
  }

  /** Through guards, pipes, interceptors and filters, as any other Nest transport does it. */
  private nestRoute(pattern: string, handler: MessageHandler): Route {
    if (this.instrumented) {
      return (data, context) => this.handleEvent(pattern, { pattern, data }, context);
    }
    return async (payload, context) => {
      const result: unknown = await handler(payload, context as BaseRpcContext);
      // Nest has logged what went wrong in a stream by the time it reports it.
      if (isObservable(result)) result.subscribe({ error: () => {} });
    };
  }

  private dispatch(channel: string, payload: Uint8Array): void {
    if (this.state !== 'listening') return;
    this.received += 1;
    const kind = this.options.peek(payload);
    const route = (kind === undefined ? undefined : this.routes.get(kind)) ?? this.fallback;
    if (route) this.run(kind ?? FALLBACK_PATTERN, route, payload, this.contextOf(channel));
    else this.unhandled += 1;
  }

  private run(pattern: string, route: Route, payload: Uint8Array, context: BrokerContext): void {
    try {
      const result = route(payload, context);
      if (result instanceof Promise) {
        result.catch((error: unknown) => this.handlerFailed(pattern, error));
      }
    } catch (error) {
      this.handlerFailed(pattern, error);
    }
  }

  private contextOf(channel: string): BrokerContext {
    let context = this.contexts.get(channel);
    if (!context) {
      context = new BrokerContext([channel]);
      this.contexts.set(channel, context); // as many as there are subscriptions
    }
    return context;
  }

  private handlerFailed(pattern: string, error: unknown): void {
    this.failed += 1;
    if ((this.options.isFatal ?? isFailedAssertion)(error)) {
      (this.dependencies.stopProcess ?? throwUncaught)(error);
      return;
    }
    // A peer that found a message we stumble over must not be able to fill the disk with our log.
    this.failedSinceLog += 1;
    if (performance.now() - this.loggedAt < LOG_INTERVAL_MS && this.loggedAt > 0) return;
    this.loggedAt = performance.now();
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const times = this.failedSinceLog === 1 ? '' : ` (${this.failedSinceLog} failures so far)`;
    this.failedSinceLog = 0;
    this.logger.error(`The handler of "${pattern}" failed${times}: ${reason}`);
  }
}

function chainLength(handler: MessageHandler): number {
  let length = 1;
  for (let next = handler.next; next; next = (next as MessageHandler).next) length += 1;
  return length;
}

function isFailedAssertion(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'InvariantViolation' || error.name === 'AssertionError')
  );
}

function throwUncaught(error: unknown): void {
  process.nextTick(() => {
    throw error;
  });
}
