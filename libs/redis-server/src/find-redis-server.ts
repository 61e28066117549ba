import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { HOW_TO_GET_REDIS, RedisServerError } from './redis-server-error.js';

/** The two variables read here; by default those of this process. */
export type RedisServerEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Path of the redis-server binary to start: the one CCRO_TEST_REDIS_SERVER names, else the first
 * `redis-server` on PATH, else undefined.
 *
 * @throws RedisServerError `not-executable` when CCRO_TEST_REDIS_SERVER names something that
 *   cannot be run: a wrong setting is never silently replaced by another server.
 */
export async function findRedisServer(
  environment: RedisServerEnvironment = process.env,
): Promise<string | undefined> {
  const named = environment.CCRO_TEST_REDIS_SERVER;
  if (named) {
    if (await isExecutable(named)) return named;
    throw new RedisServerError(
      'not-executable',
      `CCRO_TEST_REDIS_SERVER names ${named}, which is not an executable file. ` +
        'Correct it, or unset it to use the redis-server on PATH.',
    );
  }
  for (const directory of (environment.PATH ?? '').split(delimiter).filter(Boolean)) {
    const candidate = join(directory, 'redis-server');
    if (await isExecutable(candidate)) return candidate;
  }
  return undefined;
}

/**
 * As `findRedisServer`, for callers that need one.
 *
 * @throws RedisServerError `not-found`, whose message says how to get a server
 */
export async function requireRedisServer(
  environment: RedisServerEnvironment = process.env,
): Promise<string> {
  const found = await findRedisServer(environment);
  if (found === undefined) throw new RedisServerError('not-found', HOW_TO_GET_REDIS);
  return found;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
