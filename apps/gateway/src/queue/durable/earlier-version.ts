import { RedisError, type RedisConnection } from '@ccro/redis';

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
