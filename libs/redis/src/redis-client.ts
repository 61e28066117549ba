/**
 * ioredis' client, as every connection to Redis here is made: from a parsed URL, and such that
 * nothing about it is silent.
 *
 * Invariants kept here:
 * - a connection whose other side has fallen silent is closed, whatever it waits for;
 * - a connection that could not enter its database is not used: it would be in database 0;
 * - no error holds the arguments of a command, which for AUTH and HELLO are the password.
 */

import { Redis, type RedisOptions } from 'ioredis';
import { connect } from 'node:net';
import { RedisUrl } from './redis-url.js';

/** How long Redis may say nothing, by default. */
export const ANSWER_TIMEOUT_MS = 5000;
/** Looks in that time. */
const BEATS = 5;
/** BullMQ blocks a connection for at most this long, and Redis answers nothing meanwhile. */
const LONGEST_BLOCK_MS = 10_000;
/** TCP itself asks an idle other side after this time. */
const KEEP_ALIVE_MS = 5000;

/** How often, and for how long, the refusal of a server that closes every connection is read. */
const LISTEN_EVERY_MS = 2000;
const LISTEN_FOR_MS = 500;

const NO_DATABASE =
  /DB index is out of range|SELECT is not allowed in cluster mode|'select' command/;

export interface RedisClientOptions extends Omit<RedisOptions, 'replyMapping'> {
  readonly url: string;
  /** PEM certificates of the authorities that may vouch for a `rediss://` server; else Node's own. */
  readonly ca?: string | undefined;
  /** Milliseconds that Redis may say nothing before the connection counts as dead. */
  readonly answerTimeoutMs?: number;
}

export class RedisClient extends Redis {
  private readonly answerTimeoutMs: number;
  private readonly copies = new Set<RedisClient>();
  private beats: NodeJS.Timeout | undefined;
  /** Looks in a row at which something was awaited and nothing had come. */
  private silent = 0;
  /** Whether anything came since the last look. */
  private hasHeard = false;
  private greeted = true;
  private listenedAtMs = -Infinity;
  private asked = false;

  /** @throws RedisUrlError */
  constructor(private readonly given: RedisClientOptions) {
    const { url, ca, answerTimeoutMs = ANSWER_TIMEOUT_MS, ...options } = given;
    super({ ...optionsOf(new RedisUrl(url), ca), keepAlive: KEEP_ALIVE_MS, ...options });
    this.answerTimeoutMs = answerTimeoutMs;
    this.duplicate = ((override?: Partial<RedisClientOptions>) =>
      this.anotherOne(override)) as unknown as Redis['duplicate'];
    // Without a listener ioredis would print it; the callers of commands get the failure anyway.
    this.on('error', (error: Error) => {
      if (NO_DATABASE.test(error.message)) this.disconnect(true);
    });
    this.on('connect', () => {
      this.greeted = false;
      this.startLooking();
    });
    this.on('ready', () => (this.greeted = true));
    this.on('close', () => {
      this.stopLooking();
      if (!this.greeted) void this.listen();
    });
  }

  /** A connection of the same kind, which dies with this one: BullMQ blocks it. */
  private anotherOne(override: Partial<RedisClientOptions> = {}): RedisClient {
    const answerTimeoutMs = LONGEST_BLOCK_MS + this.answerTimeoutMs;
    const copy = new RedisClient({ ...this.given, ...override, answerTimeoutMs });
    this.copies.add(copy);
    copy.on('end', () => this.copies.delete(copy));
    return copy;
  }

  override silentEmit(eventName: string, arg?: unknown): boolean {
    return super.silentEmit(eventName, withoutArguments(arg));
  }

  private startLooking(): void {
    this.stopLooking();
    // Also makes the socket give what it reads to ioredis at once: that listens in a way which alone
    // has Node put each piece into a buffer first.
    this.stream.on('data', () => (this.hasHeard = true));
    this.beats = setInterval(() => this.look(), this.answerTimeoutMs / BEATS);
    this.beats.unref();
  }

  private stopLooking(): void {
    clearInterval(this.beats);
    this.silent = 0;
    this.hasHeard = false;
    this.asked = false;
  }

  /**
   * Checks are counted, not milliseconds: a process that was busy checks once after that,
   * and has read what came meanwhile before it looks again.
   */
  private look(): void {
    this.silent = this.hasHeard || !this.asked ? 0 : this.silent + 1;
    this.hasHeard = false;
    if (this.silent >= BEATS) {
      const error = new Error(`Redis said nothing for ${this.answerTimeoutMs} ms`);
      for (const each of [this, ...this.copies]) each.breakOff(error);
    } else if (this.status === 'ready' && this.silent === 0) {
      this.asked = true;
      this.ping().catch(() => undefined);
    } else {
      // The handshake is a question too.
      this.asked = true;
    }
  }

  /**
   * A server that takes no more clients says so and closes the connection. A client that has already
   * sent a command loses that message, so this connection reads without sending.
   */
  private async listen(): Promise<void> {
    const { host, port, tls } = this.options;
    const isDue = performance.now() - this.listenedAtMs >= LISTEN_EVERY_MS;
    if (!isDue || tls !== undefined || host === undefined || port === undefined) return;
    this.listenedAtMs = performance.now();
    const words = await firstWords(host, port);
    if (words !== '' && this.status !== 'end') this.silentEmit('error', new Error(words));
  }

  private breakOff(error: Error): void {
    if (this.status === 'ready' || this.status === 'connect') this.stream.destroy(error);
  }
}

/** What a URL says, as ioredis' options. */
function optionsOf(url: RedisUrl, ca: string | undefined) {
  const { host, port, user, password, database, tls } = url;
  return {
    ...{ host, port, db: database },
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    ...(tls ? { tls: ca === undefined ? {} : { ca } } : {}),
  };
}

/** What a server says unasked; '' when that is nothing. */
function firstWords(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: LISTEN_FOR_MS });
    let words = '';
    socket.on('data', (data) => {
      words = data.toString('latin1').slice(0, 200).replace(/^-/, '').trim();
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy());
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(words));
  });
}

/** ioredis notes the command in its errors. */
export function withoutArguments(error: unknown): unknown {
  if (typeof error === 'object' && error !== null && 'command' in error) delete error.command;
  return error;
}
