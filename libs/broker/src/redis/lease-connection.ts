import type { ChainableCommander, Redis } from 'ioredis';

/**
 * What an `IdentityLease` needs of a broker's connection, and nothing more. Each call throws
 * BrokerError `unavailable` when Redis cannot be asked.
 */
export interface LeaseConnection {
  /** Sets `key` to `token` for `ttlMs` unless it is set; true when it was free. */
  acquire(key: string, token: string, ttlMs: number): Promise<boolean>;
  /** Sets `key` to `token` for `ttlMs` if it is free or holds `token`; false when another's. */
  renew(key: string, token: string, ttlMs: number): Promise<boolean>;
  /** Deletes `key` if it holds `token`. */
  release(key: string, token: string): Promise<void>;
  /** Runs `hook` after each reconnection, before the broker is `connected` again. */
  beforeConnected(hook: () => Promise<void>): void;
  /** Runs `hook` when the broker closes, while it can still ask Redis. */
  beforeClose(hook: () => Promise<void>): void;
}

/**
 * Leases over a connection of ioredis, without scripts: a user that may run scripts in Redis can
 * stop it for everybody, and nodes are not trusted that far. What is read is watched instead, and
 * the write is refused if it has changed meanwhile. Changes are made one after another, since what
 * a connection watches is forgotten with its next transaction.
 */
export class LeaseKeys {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly client: () => Redis) {}

  async acquire(key: string, token: string, ttlMs: number): Promise<boolean> {
    return (await this.client().set(key, token, 'PX', ttlMs, 'NX')) === 'OK';
  }

  /** After a restart of Redis the key is gone, and whoever held the id takes it again. */
  renew(key: string, token: string, ttlMs: number): Promise<boolean> {
    return this.change(key, token, true, (transaction) => transaction.set(key, token, 'PX', ttlMs));
  }

  async release(key: string, token: string): Promise<void> {
    await this.change(key, token, false, (transaction) => transaction.del(key));
  }

  /** @returns whether `key` held `token`, or nothing where that will do, and was changed */
  private change(
    key: string,
    token: string,
    orFree: boolean,
    write: (transaction: ChainableCommander) => ChainableCommander,
  ): Promise<boolean> {
    // Each command is sent as soon as the one before is answered: all over the same connection.
    const attempt = async (): Promise<boolean> => {
      for (;;) {
        const client = this.client();
        await client.watch(key);
        const holder = await client.get(key);
        if (holder !== token && !(orFree && holder === null)) {
          await client.unwatch();
          return false;
        }
        const results = await write(client.multi()).exec();
        // Null: the key has changed, for example because it expired.
        if (results !== null) return true;
      }
    };
    const result = this.last.then(attempt);
    this.last = result.catch(() => undefined);
    return result;
  }
}
