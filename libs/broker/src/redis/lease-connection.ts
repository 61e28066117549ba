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

/** The commands of ioredis used for leases. */
export interface LeaseCommands {
  set(
    key: string,
    value: string,
    px: 'PX',
    milliseconds: number,
    nx: 'NX',
  ): Promise<'OK' | null | undefined>;
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>;
}

/** After a restart of Redis the key is gone, and whoever held the id takes it again. */
const RENEW = `
local holder = redis.call('get', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`;

const RELEASE = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`;

export async function acquireKey(
  commands: LeaseCommands,
  key: string,
  token: string,
  ttlMs: number,
): Promise<boolean> {
  return (await commands.set(key, token, 'PX', ttlMs, 'NX')) === 'OK';
}

export async function renewKey(
  commands: LeaseCommands,
  key: string,
  token: string,
  ttlMs: number,
): Promise<boolean> {
  return (await commands.eval(RENEW, 1, key, token, ttlMs)) === 1;
}

export async function releaseKey(
  commands: LeaseCommands,
  key: string,
  token: string,
): Promise<void> {
  await commands.eval(RELEASE, 1, key, token);
}
