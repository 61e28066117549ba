import {
  commandFailure,
  RedisConnection,
  type ConnectionListener,
  type RedisConnectionOptions,
  type Troubles,
} from '@ccro/redis';
import type { Redis } from 'ioredis';
import { BrokerError } from '../broker-error.js';
import { channelPrefix, kindOfChannel } from '../channels.js';
import type { Broker, MessageListener } from '../broker.js';
import { TrafficCounter, type Traffic } from '../traffic.js';
import { LeaseKeys, type LeaseConnection } from './lease-connection.js';

export type RedisBrokerOptions = Pick<
  RedisConnectionOptions,
  'url' | 'ca' | 'name' | 'connectTimeoutMs' | 'answerTimeoutMs'
>;

type Hook = () => Promise<void>;

const MAX_KNOWN_NAMES = 4096;

/**
 * The broker over Redis: ONE connection, which speaks RESP3 and therefore publishes and subscribes
 * at once. Needs Redis 7.0 or newer.
 *
 * Invariant kept here: a broker on another database than 0 has channels of its own, by
 * `channelPrefix`; nobody else sees those names.
 */
export class RedisBroker implements Broker {
  /** The few commands of this connection that an `IdentityLease` uses. */
  readonly leases: LeaseConnection;
  readonly hasUnread = false;

  /** What Redis refuses at present. */
  readonly troubles: Troubles;

  private readonly connection: RedisConnection;
  private readonly prefix: string;
  /** Names in Redis, by our own: a node sends thousands of messages a second to the same few. */
  private readonly prefixed = new Map<string, string>();
  private readonly guards: (() => boolean)[] = [];
  private readonly channels = new Set<string>();
  /** Those that Redis has confirmed on the present connection. */
  private readonly confirmed = new Set<string>();
  private readonly messageListeners: MessageListener[] = [];
  private readonly connectedHooks: Hook[] = [];
  private readonly closeHooks: Hook[] = [];
  private readonly counter = new TrafficCounter();
  private closing: Promise<void> | undefined;
  private currentName: string;
  private corked = false;

  /** @throws RedisUrlError */
  constructor(options: RedisBrokerOptions) {
    this.currentName = options.name;
    this.connection = new RedisConnection(options);
    this.connection.beforeConnected((client) => this.prepare(client));
    this.connection.onMessage((channel, payload) => {
      const own = channel.slice(this.prefix.length);
      for (const listener of this.messageListeners) listener(own, payload);
    });
    this.prefix = channelPrefix(this.connection.url.database);
    this.troubles = this.connection.troubles;
    this.leases = this.createLeaseConnection();
  }

  get name(): string {
    return this.currentName;
  }

  get connected(): boolean {
    return this.connection.connected && this.closing === undefined;
  }

  async connect(): Promise<void> {
    try {
      await this.connection.open();
    } catch (error) {
      throw this.failure('connecting', error);
    }
  }

  async subscribe(channels: readonly string[]): Promise<void> {
    if (this.closing) throw this.closedError();
    const added = channels.filter((channel) => !this.channels.has(channel));
    for (const channel of added) this.channels.add(channel);
    if (added.length === 0) return;
    try {
      await this.connection.redis.subscribe(...this.inRedis(added));
      this.confirm(added);
    } catch (error) {
      this.troubles.failed('subscribe', error);
      const failure = this.failure('SUBSCRIBE', error);
      if (failure.code === 'unavailable') return; // the next connection subscribes to it
      for (const channel of added) this.channels.delete(channel);
      throw failure;
    }
  }

  async unsubscribe(channels: readonly string[]): Promise<void> {
    if (this.closing) throw this.closedError();
    const removed = channels.filter((channel) => this.channels.delete(channel));
    for (const channel of removed) this.confirmed.delete(channel);
    if (removed.length === 0) return;
    try {
      await this.connection.redis.unsubscribe(...this.inRedis(removed));
    } catch (error) {
      const failure = this.failure('UNSUBSCRIBE', error);
      if (failure.code !== 'unavailable') throw failure; // else the next connection lacks it
    }
  }

  onMessage(listener: MessageListener): void {
    this.messageListeners.push(listener);
  }

  onConnectionChange(listener: ConnectionListener): void {
    this.connection.onConnectionChange(listener);
  }

  async publish(channel: string, payload: Uint8Array): Promise<number> {
    if (this.closing) throw this.closedError();
    let client: Redis;
    let receivers: number;
    try {
      client = this.connection.redis;
      if (!this.connected) {
        throw new BrokerError('unavailable', 'The connection to Redis is not subscribed yet.');
      }
      if (!this.mayAct()) {
        throw new BrokerError('unavailable', 'The lease of the node id is not renewed yet.');
      }
      this.holdBackUntilNextTick(client);
      receivers = await client.publish(this.nameInRedis(channel), asBuffer(payload));
    } catch (error) {
      this.troubles.failed(`publish ${kindOfChannel(channel)}`, error);
      throw this.failure('PUBLISH', error);
    }
    if (this.troubles.any) this.troubles.over(`publish ${kindOfChannel(channel)}`);
    // A subscriber receives its own messages: otherwise the server has lost the subscription.
    if (receivers === 0 && this.listensStill(client, channel)) this.connection.renew();
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
    try {
      await this.connection.rename(name);
    } catch (error) {
      throw this.failure('CLIENT SETNAME', error);
    }
    this.currentName = name;
  }

  close(): Promise<void> {
    this.closing ??= this.runHooksAndClose();
    return this.closing;
  }

  private confirm(channels: readonly string[]): void {
    this.troubles.over('subscribe');
    for (const channel of channels) this.confirmed.add(channel);
  }

  private mayAct(): boolean {
    for (const mayAct of this.guards) if (!mayAct()) return false;
    return true;
  }

  private listensStill(client: Redis, channel: string): boolean {
    return this.connected && client === this.connection.redis && this.confirmed.has(channel);
  }

  private nameInRedis(channel: string): string {
    if (this.prefix === '') return channel;
    const known = this.prefixed.get(channel);
    if (known !== undefined) return known;
    const name = this.prefix + channel;
    // A client's name may be any text that an outsider sends.
    if (this.prefixed.size < MAX_KNOWN_NAMES) this.prefixed.set(channel, name);
    return name;
  }

  private inRedis(channels: readonly string[]): string[] {
    return channels.map((channel) => this.nameInRedis(channel));
  }

  private async runHooksAndClose(): Promise<void> {
    for (const hook of this.closeHooks) await hook().catch(() => {});
    await this.connection.close();
  }

  private async prepare(client: Redis): Promise<void> {
    this.confirmed.clear();
    for (const hook of this.connectedHooks) await hook();
    const channels = [...this.channels];
    if (channels.length === 0) return;
    try {
      await client.subscribe(...this.inRedis(channels));
    } catch (error) {
      throw commandFailure('SUBSCRIBE', this.connection.shownUrl, error);
    }
    this.confirm(channels);
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
    const { code, message, cause } = commandFailure(command, this.connection.shownUrl, error);
    return new BrokerError(code, message, { cause });
  }

  private closedError(): BrokerError {
    const message = `The connection to Redis at ${this.connection.shownUrl} was closed.`;
    return new BrokerError('closed', message);
  }

  private createLeaseConnection(): LeaseConnection {
    const keys = new LeaseKeys(() => this.connection.redis);
    const ask = async <T>(answer: Promise<T>): Promise<T> => {
      try {
        const answered = await answer;
        this.troubles.over('lease');
        return answered;
      } catch (error) {
        this.troubles.failed('lease', error);
        throw this.failure('a lease command', error);
      }
    };
    return {
      acquire: (key, token, ttlMs) => ask(keys.acquire(key, token, ttlMs)),
      renew: (key, token, ttlMs) => ask(keys.renew(key, token, ttlMs)),
      release: (key, token) => ask(keys.release(key, token)),
      beforeConnected: (hook) => void this.connectedHooks.push(hook),
      beforeClose: (hook) => void this.closeHooks.push(hook),
      guard: (mayAct) => void this.guards.push(mayAct),
      leave: () => this.connection.renew(),
    };
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  if (Buffer.isBuffer(bytes)) return bytes;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
