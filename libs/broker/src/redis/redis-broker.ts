import { Redis } from 'ioredis';
import { BrokerError } from '../broker-error.js';
import type { Broker, ConnectionListener, MessageListener } from '../broker.js';
import { TrafficCounter, type Traffic } from '../traffic.js';
import { checkUrl, connectionOptions, shownUrl } from './connection-options.js';
import {
  acquireKey,
  releaseKey,
  renewKey,
  type LeaseCommands,
  type LeaseConnection,
} from './lease-connection.js';
import { commandFailure, isUnauthorized, unauthorized, unreachable } from './redis-failure.js';

/** How long `close` waits for Redis to take leave, in milliseconds, before it just hangs up. */
const QUIT_TIMEOUT_MS = 1_000;

export interface RedisBrokerOptions {
  /** `redis://[user:password@]host:port[/database]`, or `rediss://` for TLS. */
  readonly url: string;
  /** Name in CLIENT LIST, e.g. `ccro:node:3`; `rename` changes it later. */
  readonly name: string;
  /** Milliseconds `connect` keeps trying before it gives up; default 5000. */
  readonly connectTimeoutMs?: number;
  /**
   * Milliseconds a command may wait for its answer before the connection counts as dead and is
   * made anew; default 10000. Longer than the process itself may ever be busy.
   */
  readonly answerTimeoutMs?: number;
}

type State = 'new' | 'connecting' | 'connected' | 'disconnected' | 'closed';
type Hook = () => Promise<void>;

/**
 * The broker over Redis: ONE connection, which speaks RESP3 and therefore publishes and subscribes
 * at once. Redis 6 or newer.
 */
export class RedisBroker implements Broker {
  /** The few commands of this connection that leases use. */
  readonly leaseConnection: LeaseConnection;

  private readonly url: string;
  private readonly connectTimeoutMs: number;
  private readonly client: Redis;
  private readonly channels = new Set<string>();
  private readonly messageListeners: MessageListener[] = [];
  private readonly connectionListeners: ConnectionListener[] = [];
  private readonly connectedHooks: Hook[] = [];
  private readonly closeHooks: Hook[] = [];
  private readonly counter = new TrafficCounter();
  private state: State = 'new';
  private currentName: string;
  private connecting: Promise<void> | undefined;
  private closing: Promise<void> | undefined;
  private lastError: unknown;
  private corked = false;

  /** @throws BrokerError `unreachable` when the URL is malformed */
  constructor(options: RedisBrokerOptions) {
    checkUrl(options.url);
    this.url = shownUrl(options.url);
    this.currentName = options.name;
    this.connectTimeoutMs = options.connectTimeoutMs ?? 5_000;
    const times = {
      connectTimeoutMs: this.connectTimeoutMs,
      answerTimeoutMs: options.answerTimeoutMs ?? 10_000,
    };
    this.client = new Redis(options.url, connectionOptions(options.name, times));
    this.client.on('error', (error: Error) => {
      this.lastError = error; // reported by whoever fails because of it; ioredis reconnects
    });
    this.client.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
      this.receive(channel.toString(), payload);
    });
    this.leaseConnection = this.createLeaseConnection();
  }

  get name(): string {
    return this.currentName;
  }

  get connected(): boolean {
    return this.state === 'connected';
  }
}
