import type { Redis } from 'ioredis';
import { BrokerError } from '../broker-error.js';
import { ioredisOptions, retryDelayMs } from './connection-options.js';
import type { ConnectionOptions } from './connection-options.js';
import { RedisClient } from './redis-client.js';
import {
  commandFailure,
  isUnauthorized,
  isUntrusted,
  unauthorized,
  unreachable,
  untrusted,
} from './redis-failure.js';
import { RedisUrl } from './redis-url.js';
import { TroubleError, troubleOf, Troubles, type Trouble } from './troubles.js';

/** How often the server is asked whether it is what it was. */
const INSPECTION_MS = 2_000;
/** The oldest Redis that has what is used of it: rules for publishing alone, and EXPIRE with NX. */
const OLDEST_MAJOR = 7;
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
  readonly url: RedisUrl;
  readonly troubles = new Troubles();
  private client: RedisClient | undefined;
  private inspecting: NodeJS.Timeout | undefined;
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
    this.url = new RedisUrl(options.url);
    this.shownUrl = this.url.shown;
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

  private createClient(): RedisClient {
    const client = new RedisClient({
      ...ioredisOptions({ ...this.options, name: this.name }),
      retryStrategy: () => {
        this.failedAttempts += 1;
        return retryDelayMs(this.failedAttempts);
      },
    });
    client.on('error', (error: Error) => {
      // Without a listener ioredis would print it. It reconnects; whoever fails meanwhile tells.
      this.lastError = error;
      this.troubles.failed('connect', error);
      if (isMissingDatabase(error)) this.opening?.fail(missingDatabase(this.url, error));
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

  /** Leaves the connection and makes it anew: the server is not in the state it was taken to be in. */
  renew(): void {
    this.client?.disconnect(true);
  }

  private async establish(client: RedisClient): Promise<void> {
    if (client !== this.client) return;
    this.epoch += 1;
    const epoch = this.epoch;
    try {
      await requireServer(client, this.shownUrl);
      await this.handlers.prepare(client);
    } catch (error) {
      if (epoch !== this.epoch) return; // lost meanwhile, and being made anew already
      this.lastError = error;
      this.troubles.failed('connect', causeOf(error));
      if (error instanceof BrokerError && error.code !== 'unavailable') this.opening?.fail(error);
      if (client === this.client) client.disconnect(true);
      return;
    }
    if (epoch !== this.epoch || client.status !== 'ready') return;
    this.failedAttempts = 0;
    this.troubles.over('connect');
    this.troubles.over('inspect');
    this.isConnected = true;
    this.inspect(client);
    this.handlers.changed(true);
    this.opening?.succeed();
  }

  /** A server may become a replica without breaking a connection: whoever stays hears nobody. */
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

/** @throws BrokerError unless the server is one that can be used, which it says of itself */
async function requireServer(client: Redis, url: string): Promise<void> {
  let reply: unknown;
  try {
    reply = await client.hello();
  } catch (error) {
    const failure = commandFailure('HELLO', url, error);
    throw failure.code === 'rejected' && troubleOf(error) === undefined
      ? resp3Required(url, error)
      : failure;
  }
  const fields: unknown[] = Array.isArray(reply) ? reply : [];
  const said = (name: string): unknown => {
    const index = fields.indexOf(name);
    return index === -1 ? undefined : fields[index + 1];
  };
  if (said('proto') !== 3) throw resp3Required(url, undefined);
  const role = said('role');
  if (role !== undefined && role !== 'master') throw unsuitable(url, READONLY);
  const version = said('version');
  if (typeof version === 'string' && Number.parseInt(version, 10) < OLDEST_MAJOR) {
    throw unsuitable(url, {
      code: 'too-old',
      text: `it is version ${version.slice(0, 20)}: use Redis ${OLDEST_MAJOR}.0 or newer`,
    });
  }
}

const READONLY: Trouble = {
  code: 'READONLY',
  text: 'it is a replica: let REDIS_URL name the primary, or promote this one',
};

function unsuitable(url: string, trouble: Trouble): BrokerError {
  const cause = new TroubleError(trouble);
  return new BrokerError('rejected', `Redis at ${url} cannot be used: ${trouble.text}.`, { cause });
}

function isMissingDatabase(error: Error): boolean {
  return troubleOf(error)?.code === 'no-database';
}

function missingDatabase(url: RedisUrl, cause: Error): BrokerError {
  return new BrokerError(
    'rejected',
    `Redis at ${url.shown} has no database ${url.database}. Use one that it has, or raise ` +
      '`databases` in its configuration.',
    { cause },
  );
}

function causeOf(error: unknown): unknown {
  return error instanceof BrokerError ? (error.cause ?? error) : error;
}

function resp3Required(url: string, cause: unknown): BrokerError {
  return new BrokerError(
    'resp3-required',
    `The server at ${url} does not speak RESP3, with which one connection can publish and ` +
      'subscribe. Use Redis 7.0 or newer, without a proxy that knows only RESP2.',
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
