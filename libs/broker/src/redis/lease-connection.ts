import type { Redis } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * What an `IdentityLease` needs of a broker's connection, and nothing more. Each call throws
 * BrokerError `unavailable` when Redis cannot be asked.
 */
export interface LeaseConnection {
  /** Takes `key` for `token`, for `ttlMs`; false when it is another's. */
  acquire(key: string, token: number, ttlMs: number): Promise<boolean>;
  /** Holds `key` for `ttlMs` more if it is `token`'s or free; false when it is another's. */
  renew(key: string, token: number, ttlMs: number): Promise<boolean>;
  /** Gives `key` back if it is `token`'s. */
  release(key: string, token: number): Promise<void>;
  /** Runs `hook` after each reconnection, before the broker is `connected` again. */
  beforeConnected(hook: () => Promise<void>): void;
  /** Runs `hook` when the broker closes, while it can still ask Redis. */
  beforeClose(hook: () => Promise<void>): void;
  /** Has nothing published while `mayAct` says no. */
  guard(mayAct: () => boolean): void;
  /** Leaves the connection: it is made anew, with all that goes before it counts as `connected`. */
  leave(): void;
}

/** How often a sum of several tokens is read again: the other holder is about to take its token back. */
const LOOKS = 5;
const LOOK_AGAIN_MS = 20;

/**
 * Leases as numbers: a process that adds its token to a key that holds nothing has the lease; one that
 * added it to another token takes it off again.
 *
 * A node's user in Redis has these commands alone, of its own key: GET, INCRBY and PEXPIRE. With
 * them it can store one number, whatever it does, where SET could fill Redis' memory; and there are
 * no scripts and no transactions, with which it could stop Redis or queue commands in it without
 * end. A key without an expiry, because a process ended between two commands, gets one from the
 * next process.
 */
export class LeaseKeys {
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly client: () => Redis) {}

  acquire(key: string, token: number, ttlMs: number): Promise<boolean> {
    return this.next(() => this.take(key, token, ttlMs));
  }

  /** After a restart of Redis the key is gone, and the previous holder takes it again. */
  renew(key: string, token: number, ttlMs: number): Promise<boolean> {
    return this.next(async () => {
      for (let attempt = 1; ; attempt += 1) {
        const value = await this.extend(key, token, ttlMs);
        if (value === String(token)) return true;
        if (isFree(value) && (await this.take(key, token, ttlMs))) return true;
        // Another process may have just added its token, and takes it off again.
        if (attempt === LOOKS) return false;
        await delay(LOOK_AGAIN_MS * (0.5 + Math.random()));
      }
    });
  }

  release(key: string, token: number): Promise<void> {
    return this.next(async () => {
      const client = this.client();
      if (await this.holds(client, key, token)) await this.takeOff(client, key, token, 1);
    });
  }

  /** One after another: two calls with one token would each take the other for another process. */
  private next<T>(action: () => Promise<T>): Promise<T> {
    const result = this.last.then(action);
    this.last = result.catch(() => undefined);
    return result;
  }

  /**
   * All in one round trip. Another's lease may be extended too, which does it no harm; ours is,
   * when the key was ours before and after.
   *
   * @returns what the key holds
   */
  private async extend(key: string, token: number, ttlMs: number): Promise<string | null> {
    const client = this.client();
    const [before, , after] = await Promise.all([
      client.get(key),
      client.pexpire(key, ttlMs),
      client.get(key),
    ]);
    return before === String(token) ? after : before;
  }

  private async take(key: string, token: number, ttlMs: number): Promise<boolean> {
    const client = this.client();
    if (!isFree(await client.get(key))) {
      await client.pexpire(key, ttlMs, 'NX');
      return false;
    }
    const sum = await client.incrby(key, token);
    if (sum === token) {
      await client.pexpire(key, ttlMs);
      if (await this.holds(client, key, token)) return true;
    }
    await this.takeOff(client, key, token, ttlMs);
    return false;
  }

  private async holds(client: Redis, key: string, token: number): Promise<boolean> {
    for (let look = 1; ; look += 1) {
      const value = await client.get(key);
      if (value === String(token)) return true;
      if (isFree(value) || look === LOOKS) return false;
      await delay(LOOK_AGAIN_MS);
    }
  }

  private async takeOff(client: Redis, key: string, token: number, ttlMs: number): Promise<void> {
    const left = await client.incrby(key, -token);
    // It was gone, or another's by then.
    if (left < 0) await client.incrby(key, token);
    await client.pexpire(key, ttlMs, 'NX');
  }
}

/** Nothing is left of a lease that was given back but a nought, until its time is over. */
function isFree(value: string | null): boolean {
  return value === null || value === '0';
}
