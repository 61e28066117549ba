import { kindOfChannel, type Broker, type MessageListener } from '@ccro/broker';
import { errorStack } from '@ccro/foreign-text';
import {
  BaseRpcContext,
  Server,
  type CustomTransportStrategy,
  type Transport,
} from '@nestjs/microservices';

/** For `@EventPattern(kind, BROKER_TRANSPORT)` in an application with several transports. */
export const BROKER_TRANSPORT = Symbol('ccro.broker');

const LOG_INTERVAL_MS = 1_000;

export type BrokerStatus = 'connected' | 'disconnected';

export interface BrokerServerEvents {
  connection: (connected: boolean) => void;
  [event: string]: (connected: boolean) => void;
}

/** Where a message came from, as far as the broker knows: never who sent it. */
export class BrokerContext extends BaseRpcContext<[channel: string]> {
  /** The channel the message arrived on. */
  getChannel(): string {
    return this.args[0];
  }
}

export interface BrokerServerOptions {
  readonly broker: Broker;
  /** Channels to subscribe to when the server begins to listen. */
  readonly channels: readonly string[];
  /** Takes the messages of all channels for whose kind no handler is declared. */
  readonly receive: MessageListener;
}

/**
 * Nest's transport over a broker's one connection, which is connected and closed with the
 * application. There are no replies.
 *
 * The hot path is one function: `receive` is called within the delivery itself, without Nest's
 * guards, pipes, interceptors and filters. What it throws is logged and does not disturb the
 * connection, unless it is a failed assertion, which ends the process.
 *
 * Messages of a kind of channel for which the application declares a handler, as in
 * `@EventPattern<string>('telemetry', BROKER_TRANSPORT)`, go to that handler instead, as in every
 * transport of Nest: with the payload (Uint8Array) and a `BrokerContext`.
 */
export class BrokerServer
  extends Server<BrokerServerEvents, BrokerStatus>
  implements CustomTransportStrategy
{
  override transportId: Transport | symbol = BROKER_TRANSPORT;

  private listening = false;
  private failuresSinceLog = 0;
  private loggedAtMs = -LOG_INTERVAL_MS;

  constructor(private readonly options: BrokerServerOptions) {
    super();
    const { broker } = options;
    broker.onConnectionChange((connected) => {
      this._status$.next(connected ? 'connected' : 'disconnected');
    });
    broker.onMessage((channel, payload) => {
      if (this.listening) this.dispatch(channel, payload);
    });
  }

  /** Subscribes and connects, then calls back; with the BrokerError when that fails. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    const { broker, channels } = this.options;
    this.listening = true;
    try {
      await broker.subscribe(channels);
      await broker.connect();
    } catch (error) {
      callback(error);
      return;
    }
    callback();
  }

  /** Handles nothing from now on, and closes the broker. */
  async close(): Promise<void> {
    this.listening = false;
    await this.options.broker.close();
  }

  /** `connection` is the only event: the broker's connection came or went. */
  on<Event extends keyof BrokerServerEvents>(
    _event: Event,
    callback: BrokerServerEvents[Event],
  ): void {
    this.options.broker.onConnectionChange(callback);
  }

  /** The broker. */
  unwrap<T>(): T {
    return this.options.broker as T;
  }

  private dispatch(channel: string, payload: Uint8Array): void {
    const kind = this.messageHandlers.size === 0 ? undefined : kindOfChannel(channel);
    if (kind !== undefined && this.messageHandlers.has(kind)) {
      void this.handleEvent(kind, { pattern: kind, data: payload }, new BrokerContext([channel]));
      return;
    }
    try {
      this.options.receive(channel, payload);
    } catch (error) {
      if (isFailedAssertion(error)) throw error;
      this.logFailure(error);
    }
  }

  /** A peer that found a message on which `receive` fails must not be able to fill the disk with our log. */
  private logFailure(error: unknown): void {
    this.failuresSinceLog += 1;
    if (performance.now() - this.loggedAtMs < LOG_INTERVAL_MS) return;
    this.loggedAtMs = performance.now();
    const reason = errorStack(error);
    this.logger.error(`${this.failuresSinceLog} messages could not be handled: ${reason}`);
    this.failuresSinceLog = 0;
  }
}

function isFailedAssertion(error: unknown): boolean {
  return (
    error instanceof Error &&
    (error.name === 'InvariantViolation' || error.name === 'AssertionError')
  );
}
