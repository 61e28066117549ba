/**
 * What the queue assumes of Redis besides what every connection checks. It is inspected when the queue
 * is opened and every few seconds after that, so that an operator learns of problems before a request
 * is lost.
 *
 * What Redis refuses to tell is skipped, and logged once.
 */

import { RedisError, TroubleError, type RedisConnection, type Trouble } from '@ccro/redis';

const INTERVAL_MS = 2000;

export interface InspectionOptions {
  /** A hash of ours, in which a field is written to see whether anything can be. */
  readonly probeKey: string;
  /** Whether what is accepted should outlive Redis: then it must write to the disk. */
  readonly mustPersist: boolean;
  readonly warn: (line: string) => void;
}

export class RedisInspection {
  private timer: NodeJS.Timeout | undefined;
  private readonly said = new Set<string>();

  constructor(
    private readonly connection: RedisConnection,
    private readonly options: InspectionOptions,
  ) {}

  /** Looks once. @throws TroubleError for a Redis that would break what the queue promises */
  async look(): Promise<void> {
    const { redis, troubles } = this.connection;
    const trouble = await this.settings();
    if (trouble === undefined) {
      troubles.over('settings');
    } else {
      const error = new TroubleError(trouble);
      troubles.failed('settings', error);
      throw error;
    }
    try {
      await redis.hset(this.options.probeKey, 'probe', '');
      troubles.over('write');
    } catch (error) {
      troubles.failed('write', error);
    }
  }

  start(): void {
    this.timer = setInterval(() => {
      if (this.connection.connected) this.look().catch(() => undefined);
    }, INTERVAL_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async settings(): Promise<Trouble | undefined> {
    const { redis } = this.connection;
    let info: ReadonlyMap<string, string>;
    try {
      info = fieldsOf(await redis.info());
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOPERM')) return undefined;
      this.say('its user may not ask INFO, so eviction and persistence are not checked');
      return undefined;
    }
    this.lookAtPersistence(info);
    return troubleIn(info);
  }

  /** `CONFIG GET save` would tell whether snapshots are off, but may show passwords, so nobody of ours may ask. */
  private lookAtPersistence(info: ReadonlyMap<string, string>): void {
    if (!this.options.mustPersist || info.get('aof_enabled') === '1') return;
    this.say(
      'it keeps no log of writes, so what was accepted and is not decided is lost when it ends: ' +
        'set appendonly yes',
    );
  }

  private say(line: string): void {
    if (this.said.has(line)) return;
    this.said.add(line);
    this.options.warn(`Redis: ${line}`);
  }
}

function troubleIn(info: ReadonlyMap<string, string>): Trouble | undefined {
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (policy !== 'noeviction' && info.get('maxmemory') !== '0') {
    const text =
      `its maxmemory-policy is ${policy}, so that it forgets requests and idempotency keys, and ` +
      'executes them twice: set maxmemory-policy noeviction';
    return { code: 'evicts', text };
  }
  if (info.get('cluster_enabled') === '1') {
    const text = 'it is one part of a Redis Cluster: use a Redis that is none';
    return { code: 'cluster', text };
  }
  return undefined;
}

function fieldsOf(info: string): ReadonlyMap<string, string> {
  const lines = info.split(/\r?\n/).filter((line) => line.includes(':'));
  return new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1)];
    }),
  );
}

/**
 * Looks whether a version that kept accepted requests in BullMQ's jobs left any behind: they would
 * be lost silently.
 *
 * @param queue prefix of the keys of that queue
 * @throws RedisError `rejected` when it did
 */
export async function requireNothingOfEarlierVersion(
  { redis }: RedisConnection,
  queue: string,
): Promise<void> {
  const counts = await Promise.all([
    ...['wait', 'paused', 'active'].map((place) => redis.llen(`${queue}:${place}`)),
    ...['delayed', 'prioritized'].map((place) => redis.zcard(`${queue}:${place}`)),
  ]);
  const jobs = counts.reduce((sum, count) => sum + count, 0);
  if (jobs === 0) return;
  throw new RedisError(
    'rejected',
    'Redis holds requests that an earlier version accepted and that are not decided yet ' +
      `(BullMQ jobs under ${queue}: ${jobs}). Start that version again until none is pending, ` +
      'then this one: see "Starting, stopping, upgrading" in docs/OPERATIONS.md.',
  );
}
