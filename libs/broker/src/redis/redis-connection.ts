import { Redis } from 'ioredis';
import { BrokerError } from '../broker-error.js';
import { checkUrl, ioredisOptions, retryDelayMs, shownUrl } from './connection-options.js';
import type { ConnectionOptions } from './connection-options.js';
import {
  commandFailure,
  isUnauthorized,
  isUntrusted,
  unauthorized,
  unreachable,
  untrusted,
} from './redis-failure.js';

/** How long `close` waits for Redis to take leave, in milliseconds, before it just hangs up. */
const QUIT_TIMEOUT_MS = 1_000;

/** What the owner of a connection is told and asked. */
export interface ConnectionHandlers {
  /** Makes a new connection usable (subscribes); only then is it announced. */
  prepare(client: Redis): Promise<void>;
  changed(connected: boolean): void;
  message(channel: string, payload: Uint8Array): void;
}

interface Opening {
  readonly done: Promise<void>;
  succeed(): void;
  fail(error: BrokerError): void;
}

/** One connection to Redis that keeps coming back until it is closed. */
export class RedisConnection {
  readonly shownUrl: string;
  private client: Redis | undefined;
  private name: string;
  private isConnected = false;
  private isClosed = false;
  private opening: Opening | undefined;
  /** Which connection is the current one; grows whenever one is made or lost. */
  private epoch = 0;
  private failedAttempts = 0;
  private lastError: unknown;

  /** @throws BrokerError `unreachable` when the URL is malformed */
  constructor(
    private readonly options: ConnectionOptions,
    private readonly handlers: ConnectionHandlers,
  ) {
    checkUrl(options.url);
    this.shownUrl = shownUrl(options.url);
    this.name = options.name;
  }

  /** True once a connection was prepared and until it is lost. */
  get connected(): boolean {
    return this.isConnected;
  }

  /**
   * ioredis' client while commands can be sent, which is a little before `connected`.
   *
   * @throws BrokerError `unavailable` or `closed`
   */
  get usable(): Redis {
    if (this.isClosed) throw this.closedError();
    if (this.client?.status === 'ready') return this.client;
    throw new BrokerError('unavailable', `Not connected to Redis at ${this.shownUrl}.`, {
      cause: this.lastError,
    });
  }

  /**
   * Resolves when connected for the first time.
   *
   * @throws BrokerError `unreachable`, `unauthorized`, `untrusted`, `resp3-required` or `closed`
   */
  async open(): Promise<void> {
    if (this.isClosed) throw this.closedError();
    this.opening ??= this.startOpening();
    await this.opening.done;
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

  /** Sends what was written and disconnects for good. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    const client = this.client;
    this.opening?.fail(this.closedError());
    this.isClosed = true;
    if (client?.status === 'ready') await quit(client);
    this.lose();
    if (client && client.status !== 'end') client.disconnect();
  }

  closedError(): BrokerError {
    return new BrokerError('closed', `The connection to Redis at ${this.shownUrl} was closed.`);
  }

  private startOpening(): Opening {
    const client = this.createClient();
    const { promise, resolve, reject } = withResolvers();
    const timeoutMs = this.options.connectTimeoutMs;
    let settled = false;
    const opening: Opening = {
      done: promise,
      succeed: () => {
        settled = true;
        clearTimeout(timer);
        resolve();
      },
      fail: (error) => {
        if (settled) return; // connected before: now it reconnects until it is closed
        settled = true;
        clearTimeout(timer);
        this.opening = undefined;
        this.discard(client);
        reject(error);
      },
    };
    const timer = setTimeout(() => {
      opening.fail(unreachable(this.shownUrl, timeoutMs, this.lastError));
    }, timeoutMs);
    client.connect().catch(() => {}); // its 'error' event and the timeout say more
    return opening;
  }

  private createClient(): Redis {
    const client = new Redis(this.options.url, {
      ...ioredisOptions({ ...this.options, name: this.name }),
      retryStrategy: () => {
        this.failedAttempts += 1;
        return retryDelayMs(this.failedAttempts);
      },
    });
    client.on('error', (error: Error) => {
      // Without a listener ioredis would print it. It reconnects; whoever fails meanwhile tells.
      this.lastError = error;
      if (isUnauthorized(error)) this.opening?.fail(unauthorized(this.shownUrl, error));
      if (isUntrusted(error)) this.opening?.fail(untrusted(this.shownUrl, error));
    });
    client.on('ready', () => void this.establish(client));
    client.on('close', () => {
      if (client === this.client) this.lose();
    });
    client.on('messageBuffer', (channel: Buffer, payload: Buffer) => {
      this.handlers.message(channel.toString(), payload);
    });
    this.client = client;
    return client;
  }

  private async establish(client: Redis): Promise<void> {
    if (client !== this.client) return;
    this.epoch += 1;
    const epoch = this.epoch;
    try {
      await requireResp3(client, this.shownUrl);
      await this.handlers.prepare(client);
    } catch (error) {
      if (epoch !== this.epoch) return; // lost meanwhile, and being made anew already
      this.lastError = error;
      if (error instanceof BrokerError && error.code !== 'unavailable') this.opening?.fail(error);
      if (client === this.client) client.disconnect(true);
      return;
    }
    if (epoch !== this.epoch || client.status !== 'ready') return;
    this.failedAttempts = 0;
    this.isConnected = true;
    this.handlers.changed(true);
    this.opening?.succeed();
  }

  private lose(): void {
    this.epoch += 1;
    if (!this.isConnected) return;
    this.isConnected = false;
    this.handlers.changed(false);
  }

  private discard(client: Redis): void {
    this.client = undefined;
    this.epoch += 1;
    client.disconnect();
  }
}

async function requireResp3(client: Redis, url: string): Promise<void> {
  let reply: unknown;
  try {
    reply = await client.hello();
  } catch (error) {
    const failure = commandFailure('HELLO', url, error);
    throw failure.code === 'rejected' ? resp3Required(url, error) : failure;
  }
  const fields: unknown[] = Array.isArray(reply) ? reply : [];
  const protocol = fields[fields.indexOf('proto') + 1];
  if (protocol !== 3) throw resp3Required(url, undefined);
}

function resp3Required(url: string, cause: unknown): BrokerError {
  return new BrokerError(
    'resp3-required',
    `The server at ${url} does not speak RESP3, with which one connection can publish and ` +
      'subscribe. Use Redis 6.0 or newer, without a proxy that knows only RESP2.',
    { cause },
  );
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

function withResolvers(): {
  promise: Promise<void>;
  resolve: () => void;
  reject: (error: Error) => void;
} {
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<void>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
