import type { RedisOptions } from 'ioredis';
import { BrokerError } from '../broker-error.js';

/** First and longest pause before a reconnection, in milliseconds. */
const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 1_000;
/** How long the other side may take to close its end after we closed ours, in milliseconds. */
const HANG_UP_TIMEOUT_MS = 100;

export interface ConnectionOptions {
  /** `redis://[user:password@]host:port[/database]`, or `rediss://` for TLS. */
  readonly url: string;
  /** See `redisTls`. */
  readonly ca?: string | undefined;
  /** Name in CLIENT LIST, e.g. `ccro:node:3`. */
  readonly name: string;
  /** Milliseconds the first connection may take, all attempts together. */
  readonly connectTimeoutMs: number;
  /** Milliseconds a command may wait for its answer before the connection counts as dead. */
  readonly answerTimeoutMs: number;
}

/**
 * ioredis' options for protocol traffic: nothing is ever queued or sent twice, and what was in
 * flight when the connection broke fails at once.
 */
export function ioredisOptions(options: ConnectionOptions) {
  return {
    ...redisTls(options.url, options.ca),
    connectionName: options.name,
    disableClientInfo: true,
    lazyConnect: true,
    protocol: 3,
    connectTimeout: options.connectTimeoutMs,
    socketTimeout: options.answerTimeoutMs,
    // Hanging up on a socket that is closed already starts this timer too, and nothing stops it.
    disconnectTimeout: HANG_UP_TIMEOUT_MS,
    enableOfflineQueue: false,
    // Together these two reject the commands in flight when a connection breaks. With the first
    // alone ioredis 6 forgets them: their promises would never settle.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // ioredis does not catch a failure of its own resubscription, which would end the process.
    autoResubscribe: false,
  } satisfies RedisOptions;
}

/**
 * ioredis' option for TLS, wherever a connection to Redis is made: certificates are checked against
 * `ca` (PEM) alone if there is one, else against those that Node trusts.
 *
 * @returns nothing for `redis://`
 */
export function redisTls(url: string, ca: string | undefined): Pick<RedisOptions, 'tls'> {
  if (!url.startsWith('rediss:')) return {};
  return { tls: ca === undefined ? {} : { ca } };
}

/** Doubling from 20 ms to 1 s; up to a fifth is taken off at random, so that nodes spread out. */
export function retryDelayMs(attempt: number): number {
  const delayMs = Math.min(RETRY_MIN_MS * 2 ** Math.min(attempt - 1, 10), RETRY_MAX_MS);
  return Math.round(delayMs * (1 - Math.random() / 5));
}

/** `url` as it may be shown in a message or a log: without user name and password. */
export function shownUrl(url: string): string {
  try {
    const parsed = new URL(url);
    parsed.username = '';
    parsed.password = '';
    parsed.search = '';
    return parsed.toString().replace(/\/$/, '');
  } catch {
    return '(not a URL)';
  }
}

/**
 * @throws BrokerError `unreachable` unless `url` begins with redis:// or rediss:// and names a host
 */
export function checkUrl(url: string): void {
  let parsed: URL | undefined;
  try {
    parsed = new URL(url);
  } catch {
    // reported below, without repeating what may hold a password
  }
  if (parsed?.hostname && /^rediss?:$/.test(parsed.protocol)) return;
  throw new BrokerError(
    'unreachable',
    'The Redis URL is not of the form redis://[user:password@]host:port[/database] ' +
      '(or rediss:// for TLS). Correct REDIS_URL or --redis-url.',
  );
}
