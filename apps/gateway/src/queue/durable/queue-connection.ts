import { BrokerError, RedisClient, Troubles, type ConnectionListener } from '@ccro/broker';
import { setTimeout as delay } from 'node:timers/promises';
import { REDIS_SCRIPTS } from './redis-scripts.js';

/** First and longest pause before a reconnection. */
const RETRY_MIN_MS = 20;
const RETRY_MAX_MS = 1000;
const CONNECT_TIMEOUT_MS = 5000;
const HANG_UP_TIMEOUT_MS = 100;

/** Before Redis is asked again that was away or refused. */
const ASKED_AGAIN_MS = 100;

/** What Redis itself answers with begins with a word in capitals, as in `OOM command ...`. */
const ANSWERED = /^[A-Z][A-Z0-9]+ /;

/**
 * The connection that accepting and recording go over. Nothing is queued while it is away, and
 * nothing sent twice behind our back: whoever writes learns that the outcome is unknown.
 */
export class QueueConnection {
  readonly redis: RedisClient;
  /** What Redis refuses at present. */
  readonly troubles = new Troubles();
  private readonly listeners: ConnectionListener[] = [];
  private prepare: () => Promise<void> = () => Promise.resolve();
  /** Ends the waiting of whoever waits for a connection. */
  private readonly waiting = new Set<() => void>();
  private usable = false;
  /** Which connection is the current one; grows whenever one is made or lost. */
  private epoch = 0;

  /**
   * @param url of the Redis that the broker uses
   * @param ca see `RedisClientOptions`
   * @param name in CLIENT LIST
   */
  constructor(url: string, ca: string | undefined, name: string) {
    this.redis = new RedisClient({
      ...{ url, ca },
      connectionName: name,
      disableClientInfo: true,
      lazyConnect: true,
      connectTimeout: CONNECT_TIMEOUT_MS,
      disconnectTimeout: HANG_UP_TIMEOUT_MS,
      enableOfflineQueue: false,
      // Together these two reject the commands in flight when a connection breaks.
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      retryStrategy: reconnectionDelayMs,
    });
    for (const [command, script] of Object.entries(REDIS_SCRIPTS)) {
      this.redis.defineCommand(command, script);
    }
    this.redis.on('error', (error: Error) => this.troubles.failed('connect', error));
    this.redis.on('ready', () => void this.establish());
    this.redis.on('close', () => this.change(false));
  }

  /** True once a connection was made and prepared, and until it is lost. */
  get connected(): boolean {
    return this.usable;
  }

  /**
   * Connects for the first time.
   *
   * @param signal aborts when the connection is not wanted any more
   * @throws BrokerError `unreachable`
   */
  async open(signal: AbortSignal): Promise<void> {
    try {
      await this.redis.connect();
      await this.untilConnected(signal);
    } catch (cause) {
      this.redis.disconnect();
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new BrokerError(
        'unreachable',
        `The Redis that is to keep the requests does not answer (${reason}). ` +
          'Start it, or set REDIS_URL to one that runs.',
        { cause },
      );
    }
  }

  /** Has `hook` run on each further connection before it counts as `connected`. */
  beforeConnected(hook: () => Promise<void>): void {
    this.prepare = hook;
  }

  /** Adds a listener for each change of `connected`. */
  onConnectionChange(listener: ConnectionListener): void {
    this.listeners.push(listener);
  }

  /** Resolves once connected, at once if it is; or when `signal` aborts. */
  async untilConnected(signal: AbortSignal): Promise<void> {
    while (!this.usable && !signal.aborted) {
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

  /** Makes the connection anew, for when the server is not in the state it is taken to be in. */
  renew(): void {
    this.redis.disconnect(true);
  }

  close(): void {
    this.redis.disconnect();
  }

  private async establish(): Promise<void> {
    this.epoch += 1;
    const { epoch } = this;
    const isCurrent = (): boolean => epoch === this.epoch && this.redis.status === 'ready';
    while (isCurrent()) {
      try {
        await this.prepare();
        this.troubles.over('connect');
        if (isCurrent()) this.change(true);
        return;
      } catch (error) {
        this.troubles.failed('connect', error);
        // Refused, or the connection is lost: then it is done on the next one.
        await delay(ASKED_AGAIN_MS, undefined, { ref: false });
      }
    }
  }

  private change(connected: boolean): void {
    if (!connected) this.epoch += 1;
    if (connected === this.usable) return;
    this.usable = connected;
    for (const listener of this.listeners) listener(connected);
    if (connected) for (const end of this.waiting) end();
  }
}

/** Doubling from 20 ms to 1 s. */
export function reconnectionDelayMs(attempt: number): number {
  return Math.min(RETRY_MIN_MS * 2 ** Math.min(attempt - 1, 10), RETRY_MAX_MS);
}

/** Whether a command was never sent, because there was no connection to send it over. */
export function isUnsent(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("Stream isn't writeable");
}

/** Whether Redis received the command and refused it, so that nothing of it happened. */
export function isRefusal(error: unknown): error is Error {
  return error instanceof Error && ANSWERED.test(error.message);
}
