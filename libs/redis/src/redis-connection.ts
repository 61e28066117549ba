/**
 * One connection to Redis that comes back by itself until it is closed. It speaks RESP3, with which it can
 * subscribe and do anything else at once.
 *
 * Invariants kept here:
 * - nothing is queued while it is away, and nothing sent twice: what was in flight when it broke
 *   fails at once, and its caller decides what to do;
 * - it counts as connected only when the server was checked and all that must come first has been
 *   done on it (`beforeConnected`).
 */

import type { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { ANSWER_TIMEOUT_MS, RedisClient, type RedisClientOptions } from './redis-client.js';
import {
  commandFailure,
  isUnauthorized,
  isUntrusted,
  RedisError,
  unauthorized,
  unreachable,
  untrusted,
} from './redis-error.js';
import { RedisUrl } from './redis-url.js';
import { requireServer } from './server-check.js';
import { TroubleError, troubleOf, Troubles } from './troubles.js';

/** First and longest pause before a reconnection, in milliseconds. */
const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 1_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** How long the other side may take to close its end after we closed ours, in milliseconds. */
const END_TIMEOUT_MS = 100;
/** How often the server is asked whether it is what it was. */
const INSPECTION_MS = 2_000;
/** How long `close` waits for Redis to answer QUIT, in milliseconds, before it disconnects. */
const QUIT_TIMEOUT_MS = 1_000;
/** Before Redis is asked again that was away or refused. */
const ASKED_AGAIN_MS = 100;

export type ConnectionListener = (connected: boolean) => void;

/** Lua that Redis runs, by the name of the command that it becomes. */
export type RedisScripts = Readonly<
  Record<string, { readonly numberOfKeys: number; readonly lua: string }>
>;

export interface RedisConnectionOptions extends Pick<RedisClientOptions, 'url' | 'ca'> {
  /** Name in CLIENT LIST, e.g. `ccro:node:3`; `rename` changes it later. */
  readonly name: string;
  /** Milliseconds `open` keeps trying before it gives up; default 5000. */
  readonly connectTimeoutMs?: number;
  /**
   * Milliseconds a command may wait for its answer before the connection counts as dead and is
   * made anew; default 5000. Time in which this process itself was busy does not count.
   */
  readonly answerTimeoutMs?: number;
  /** Whether it waits until a server that has just started has loaded its data; asks INFO. */
  readonly needsData?: boolean;
  readonly scripts?: RedisScripts;
}

export class RedisConnection {
  readonly url: RedisUrl;
  /** As it may be shown. */
  readonly shownUrl: string;
  /** What Redis refuses at present. */
  readonly troubles = new Troubles();
  private readonly hooks: ((client: Redis) => Promise<void>)[] = [];
  private readonly changeListeners: ConnectionListener[] = [];
  private readonly messageListeners: ((channel: string, payload: Uint8Array) => void)[] = [];
  /** Ends all waits for a connection. */
  private readonly waiting = new Set<() => void>();
  private client: RedisClient | undefined;
  private inspecting: NodeJS.Timeout | undefined;
  private name: string;
  private isConnected = false;
  private isClosed = false;
  private opening: Promise<void> | undefined;
  /** Ends the opening under way: with an error, or well. */
  private opened: (error?: RedisError) => void = () => undefined;
  /** Which connection is the current one; grows whenever one is made or lost. */
  private epoch = 0;
  private failedAttempts = 0;
  private lastError: unknown;

  /** @throws RedisUrlError */
  constructor(private readonly options: RedisConnectionOptions) {
    this.url = new RedisUrl(options.url);
    this.shownUrl = this.url.shown;
    this.name = options.name;
  }

  /** True once a connection was prepared and until it is lost. */
  get connected(): boolean {
    return this.isConnected;
  }

  /**
   * ioredis' client while commands can be sent, which is a little before `connected`. It is the
   * same one from `open` until `close`.
   *
   * @throws RedisError `unavailable` or `closed`
   */
  get redis(): RedisClient {
    if (this.isClosed) throw this.closedError();
    if (this.client?.status === 'ready') return this.client;
    throw new RedisError('unavailable', `Not connected to Redis at ${this.shownUrl}.`, {
      cause: this.lastError,
    });
  }

  /**
   * Has `hook` run on each new connection before it counts as `connected`, one hook after another.
   * When one throws the connection is made anew.
   */
  beforeConnected(hook: (client: Redis) => Promise<void>): void {
    this.hooks.push(hook);
  }

  /** Adds a listener for each change of `connected`. */
  onConnectionChange(listener: ConnectionListener): void {
    this.changeListeners.push(listener);
  }

  /** Adds a listener for all messages of all channels that were subscribed to. */
  onMessage(listener: (channel: string, payload: Uint8Array) => void): void {
    this.messageListeners.push(listener);
  }

  /**
   * Resolves when connected for the first time. May be called again after it failed.
   *
   * @throws RedisError `unreachable`, `unauthorized`, `untrusted`, `resp3-required`, `rejected` or
   *   `closed`
   */
  async open(): Promise<void> {
    if (this.isClosed) throw this.closedError();
    this.opening ??= this.startOpening();
    await this.opening;
  }

  /** Resolves once connected, at once if it is; or when `signal` aborts. */
  async untilConnected(signal: AbortSignal): Promise<void> {
    while (!this.isConnected && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const end = (): void => {
          signal.removeEventListener('abort', end);
          this.waiting.delete(end);
          resolve();
        };
        signal.addEventListener('abort', end);
        this.waiting.add(end);
      });
    }
  }

  /**
   * Asks Redis until it answers: nothing fails because Redis was away.
   *
   * @param signal aborts when the answer is not wanted any more: the next failure is thrown then
   * @param isFinal whether asking again would change nothing
   */
  async untilAnswered<T>(
    ask: () => Promise<T>,
    signal: AbortSignal,
    isFinal: (error: unknown) => boolean = () => false,
  ): Promise<T> {
    for (;;) {
      await this.untilConnected(signal);
      try {
        return await ask();
      } catch (error) {
        if (signal.aborted || isFinal(error)) throw error;
        await delay(ASKED_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  /** Changes the name in CLIENT LIST, for this connection and those that will replace it. */
  async rename(name: string): Promise<void> {
    this.name = name;
    if (!this.client) return;
    this.client.options.connectionName = name;
    if (this.client.status !== 'ready') return;
    try {
      await this.client.client('SETNAME', name);
    } catch (error) {
      const failure = commandFailure('CLIENT SETNAME', this.shownUrl, error);
      if (failure.code !== 'unavailable') throw failure; // else the next connection has the name
    }
  }

  /** Leaves the connection and makes it anew: the server is not in the state it was taken to be in. */
  renew(): void {
    this.client?.disconnect(true);
  }

  /** Sends what was written and disconnects for good. Never throws. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    const client = this.client;
    this.opened(this.closedError());
    this.isClosed = true;
    if (client?.status === 'ready') await quit(client);
    this.lose();
    if (client && client.status !== 'end') client.disconnect();
  }

  private closedError(): RedisError {
    return new RedisError('closed', `The connection to Redis at ${this.shownUrl} was closed.`);
  }

  private startOpening(): Promise<void> {
    const client = this.createClient();
    const { connectTimeoutMs: timeoutMs = CONNECT_TIMEOUT_MS } = this.options;
    const opening = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.opened(unreachable(this.shownUrl, timeoutMs, this.lastError));
      }, timeoutMs);
      this.opened = (error) => {
        // Connected once, it reconnects until it is closed.
        this.opened = () => undefined;
        clearTimeout(timer);
        if (error === undefined) {
          resolve();
          return;
        }
        this.opening = undefined;
        this.client = undefined;
        this.epoch += 1;
        client.disconnect();
        reject(error);
      };
    });
    client.connect().catch(() => {}); // its 'error' event and the timeout say more
    return opening;
  }

  private createClient(): RedisClient {
    const client = new RedisClient({
      ...ioredisOptions(this.options),
      connectionName: this.name,
      retryStrategy: () => {
        this.failedAttempts += 1;
        return retryDelayMs(this.failedAttempts);
      },
    });
    for (const [command, script] of Object.entries(this.options.scripts ?? {})) {
      client.defineCommand(command, script);
    }
    client.on('error', (error: Error) => {
      // Without a listener ioredis would print it. It reconnects; commands that fail meanwhile report it.
      this.lastError = error;
      this.troubles.failed('connect', error);
      if (troubleOf(error)?.code === 'no-database') this.opened(missingDatabase(this.url, error));
      if (isUnauthorized(error)) this.opened(unauthorized(this.shownUrl, error));
      if (isUntrusted(error)) this.opened(untrusted(this.shownUrl, error));
    });
    client.on('ready', () => void this.establish(client));
    client.on('close', () => {
      if (client === this.client) this.lose();
    });
    client.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
      const name = channel.toString();
      for (const listener of this.messageListeners) listener(name, payload);
    });
    this.client = client;
    return client;
  }

  private async establish(client: RedisClient): Promise<void> {
    if (client !== this.client) return;
    this.epoch += 1;
    const epoch = this.epoch;
    try {
      await requireServer(client, this.shownUrl);
      for (const hook of this.hooks) await hook(client);
    } catch (error) {
      if (epoch !== this.epoch) return; // lost meanwhile, and being made anew already
      this.lastError = error;
      this.troubles.failed('connect', causeOf(error));
      if (error instanceof RedisError && error.code !== 'unavailable') this.opened(error);
      if (client === this.client) client.disconnect(true);
      return;
    }
    if (epoch !== this.epoch || client.status !== 'ready') return;
    this.failedAttempts = 0;
    this.troubles.over('connect');
    this.troubles.over('inspect');
    this.inspect(client);
    this.change(true);
    this.opened();
  }

  /** A server may become a replica without breaking connections: they would receive nothing any more. */
  private inspect(client: RedisClient): void {
    clearInterval(this.inspecting);
    this.inspecting = setInterval(() => {
      requireServer(client, this.shownUrl).then(
        () => this.troubles.over('inspect'),
        (error: unknown) => {
          this.troubles.failed('inspect', causeOf(error));
          if (causeOf(error) instanceof TroubleError) client.disconnect(true);
        },
      );
    }, INSPECTION_MS);
    this.inspecting.unref();
  }

  private lose(): void {
    clearInterval(this.inspecting);
    this.epoch += 1;
    if (this.isConnected) this.change(false);
  }

  private change(connected: boolean): void {
    this.isConnected = connected;
    for (const listener of this.changeListeners) listener(connected);
    if (connected) for (const end of this.waiting) end();
  }
}

function ioredisOptions(options: RedisConnectionOptions) {
  return {
    ...{ url: options.url, ca: options.ca },
    answerTimeoutMs: options.answerTimeoutMs ?? ANSWER_TIMEOUT_MS,
    disableClientInfo: true,
    lazyConnect: true,
    protocol: 3,
    connectTimeout: options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS,
    // Hanging up on a socket that is closed already starts this timer too, and nothing stops it.
    disconnectTimeout: END_TIMEOUT_MS,
    // With INFO, which a node's user may not ask.
    enableReadyCheck: options.needsData ?? false,
    enableOfflineQueue: false,
    // Together these two reject the commands in flight when a connection breaks. With the first
    // alone ioredis 6 forgets them: their promises would never settle.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // ioredis does not catch a failure of its own resubscription, which would end the process.
    autoResubscribe: false,
  } satisfies RedisClientOptions;
}

/** Doubling from 20 ms to 1 s; up to a fifth is taken off at random, so that processes spread out. */
export function retryDelayMs(attempt: number): number {
  const delayMs = Math.min(RETRY_MIN_MS * 2 ** Math.min(attempt - 1, 10), RETRY_MAX_MS);
  return Math.round(delayMs * (1 - Math.random() / 5));
}

function missingDatabase(url: RedisUrl, cause: Error): RedisError {
  return new RedisError(
    'rejected',
    `Redis at ${url.shown} has no database ${url.database}. Use one that it has, or raise ` +
      '`databases` in its configuration.',
    { cause },
  );
}

function causeOf(error: unknown): unknown {
  return error instanceof RedisError ? (error.cause ?? error) : error;
}

/** Resolves when Redis has answered everything and closed the connection, or after a second. */
async function quit(client: Redis): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, QUIT_TIMEOUT_MS);
    client.once('end', () => {
      clearTimeout(timer);
      resolve();
    });
    client.quit().catch(() => {}); // the connection broke, which ends it as well
  });
}
