import type { RedisClientOptions } from './redis-client.js';

/** First and longest pause before a reconnection, in milliseconds. */
const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 1_000;
/** How long the other side may take to close its end after we closed ours, in milliseconds. */
const HANG_UP_TIMEOUT_MS = 100;

export interface ConnectionOptions {
  /** See `RedisUrl`. */
  readonly url: string;
  /** See `RedisClientOptions`. */
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
    ...{ url: options.url, ca: options.ca, answerTimeoutMs: options.answerTimeoutMs },
    connectionName: options.name,
    disableClientInfo: true,
    lazyConnect: true,
    protocol: 3,
    connectTimeout: options.connectTimeoutMs,
    // Hanging up on a socket that is closed already starts this timer too, and nothing stops it.
    disconnectTimeout: HANG_UP_TIMEOUT_MS,
    // It is done with INFO, which a node's user may not ask; who is not ready refuses, and is heard.
    enableReadyCheck: false,
    enableOfflineQueue: false,
    // Together these two reject the commands in flight when a connection breaks. With the first
    // alone ioredis 6 forgets them: their promises would never settle.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // ioredis does not catch a failure of its own resubscription, which would end the process.
    autoResubscribe: false,
  } satisfies RedisClientOptions;
}

/** Doubling from 20 ms to 1 s; up to a fifth is taken off at random, so that nodes spread out. */
export function retryDelayMs(attempt: number): number {
  const delayMs = Math.min(RETRY_MIN_MS * 2 ** Math.min(attempt - 1, 10), RETRY_MAX_MS);
  return Math.round(delayMs * (1 - Math.random() / 5));
}
