import type { Redis } from 'ioredis';
import { BrokerError } from '../broker-error.js';
import type { Broker, ConnectionListener, MessageListener } from '../broker.js';
import { TrafficCounter, type Traffic } from '../traffic.js';
import { LeaseKeys, type LeaseConnection } from './lease-connection.js';
import { RedisConnection } from './redis-connection.js';
import { commandFailure } from './redis-failure.js';

export interface RedisBrokerOptions {
  /** `redis://[user:password@]host:port[/database]`, or `rediss://` for TLS. */
  readonly url: string;
  /** PEM certificates of the authorities that may vouch for a `rediss://` server; else Node's own. */
  readonly ca?: string | undefined;
  /** Name in CLIENT LIST, e.g. `ccro:node:3`; `rename` changes it later. */
  readonly name: string;
  /** Milliseconds `connect` keeps trying before it gives up; default 5000. */
  readonly connectTimeoutMs?: number;
  /**
   * Milliseconds a command may wait for its answer before the connection counts as dead and is
   * made anew; default 10000. Choose it longer than this process may ever be busy with itself.
   */
  readonly answerTimeoutMs?: number;
}

type Hook = () => Promise<void>;

/**
 * The broker over Redis: ONE connection, which speaks RESP3 and therefore publishes and subscribes
 * at once. Needs Redis 6.0 or newer.
 */
export class RedisBroker implements Broker {
  /** The few commands of this connection that an `IdentityLease` uses. */
  readonly leases: LeaseConnection;
  readonly hasUnread = false;

  private readonly connection: RedisConnection;
  private readonly channels = new Set<string>();
  private readonly messageListeners: MessageListener[] = [];
  private readonly connectionListeners: ConnectionListener[] = [];
  private readonly connectedHooks: Hook[] = [];
  private readonly closeHooks: Hook[] = [];
  private readonly counter = new TrafficCounter();
  private closing: Promise<void> | undefined;
  private currentName: string;
  private corked = false;

  /** @throws BrokerError `unreachable` when the URL is malformed */
  constructor(options: RedisBrokerOptions) {
    const { connectTimeoutMs = 5_000, answerTimeoutMs = 10_000 } = options;
    this.currentName = options.name;
    this.connection = new RedisConnection(
      { ...options, connectTimeoutMs, answerTimeoutMs },
      {
        prepare: (client) => this.prepare(client),
        changed: (connected) => {
          for (const listener of this.connectionListeners) listener(connected);
        },
        message: (channel, payload) => {
          for (const listener of this.messageListeners) listener(channel, payload);
        },
      },
    );
    this.leases = this.createLeaseConnection();
  }

  get name(): string {
    return this.currentName;
  }

  get connected(): boolean {
    return this.connection.connected && this.closing === undefined;
  }

  async connect(): Promise<void> {
    await this.connection.open();
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    if (this.closing) throw this.connection.closedError();
    const added = channels.filter((channel) => !this.channels.has(channel));
    for (const channel of added) this.channels.add(channel);
    if (added.length === 0) return;
    try {
      await this.connection.usable.subscribe(...added);
    } catch (error) {
      const failure = this.failure('SUBSCRIBE', error);
      if (failure.code === 'unavailable') return; // the next connection subscribes to it
      for (const channel of added) this.channels.delete(channel);
      throw failure;
    }
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    if (this.closing) throw this.connection.closedError();
    const removed = channels.filter((channel) => this.channels.delete(channel));
    if (removed.length === 0) return;
    try {
      await this.connection.usable.unsubscribe(...removed);
    } catch (error) {
      const failure = this.failure('UNSUBSCRIBE', error);
      if (failure.code !== 'unavailable') throw failure; // else the next connection lacks it
    }
  }

  onMessage(listener: MessageListener): void {
    this.messageListeners.push(listener);
  }

  onConnectionChange(listener: ConnectionListener): void {
    this.connectionListeners.push(listener);
  }

  async publish(channel: string, payload: Uint8Array): Promise<number> {
    if (this.closing) throw this.connection.closedError();
    const client = this.connection.usable;
    if (!this.connected) {
      throw new BrokerError('unavailable', 'The connection to Redis is not subscribed yet.');
    }
    this.holdBackUntilNextTick(client);
    let receivers: number;
    try {
      receivers = await client.publish(channel, asBuffer(payload));
    } catch (error) {
      throw this.failure('PUBLISH', error);
    }
    this.counter.count(channel, payload.byteLength, receivers);
    return receivers;
  }

  traffic(): Traffic {
    return this.counter.traffic();
  }

  /**
   * Changes the name in CLIENT LIST; a node learns its own only from the lease it takes over this
   * connection.
   *
   * @throws BrokerError `rejected` when Redis refuses the name (spaces, control characters)
   */
  async rename(name: string): Promise<void> {
    await this.connection.rename(name);
    this.currentName = name;
  }

  close(): Promise<void> {
    this.closing ??= this.runHooksAndClose();
    return this.closing;
  }

  private async runHooksAndClose(): Promise<void> {
    for (const hook of this.closeHooks) await hook().catch(() => {});
    await this.connection.close();
  }

  private async prepare(client: Redis): Promise<void> {
    for (const hook of this.connectedHooks) await hook();
    if (this.channels.size === 0) return;
    try {
      await client.subscribe(...this.channels);
    } catch (error) {
      throw this.failure('SUBSCRIBE', error);
    }
  }

  /**
   * Everything published in one go leaves in one write, which halves the cost of a publish; order
   * and latency stay as they are. (ioredis' own pipelining waits for the answers in between.)
   */
  private holdBackUntilNextTick({ stream }: Redis): void {
    if (this.corked) return;
    this.corked = true;
    stream.cork();
    process.nextTick(() => {
      this.corked = false;
      stream.uncork();
    });
  }

  private failure(command: string, error: unknown): BrokerError {
    if (error instanceof BrokerError) return error;
    return commandFailure(command, this.connection.shownUrl, error);
  }

  private createLeaseConnection(): LeaseConnection {
    const keys = new LeaseKeys(() => this.connection.usable);
    const ask = async <T>(answer: Promise<T>): Promise<T> => {
      try {
        return await answer;
      } catch (error) {
        throw this.failure('a lease command', error);
      }
    };
    return {
      acquire: (key, token, ttlMs) => ask(keys.acquire(key, token, ttlMs)),
      renew: (key, token, ttlMs) => ask(keys.renew(key, token, ttlMs)),
      release: (key, token) => ask(keys.release(key, token)),
      beforeConnected: (hook) => void this.connectedHooks.push(hook),
      beforeClose: (hook) => void this.closeHooks.push(hook),
    };
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
