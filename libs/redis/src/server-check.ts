import type { Redis } from 'ioredis';
import { commandFailure, RedisError } from './redis-error.js';
import { TroubleError, troubleOf, type Trouble } from './troubles.js';

/** The oldest Redis that has what is used of it: rules for publishing alone, and EXPIRE with NX. */
const OLDEST_MAJOR = 7;

/** Asks a server what it is. @throws RedisError unless it can be used */
export async function requireServer(client: Redis, url: string): Promise<void> {
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

function unsuitable(url: string, trouble: Trouble): RedisError {
  const cause = new TroubleError(trouble);
  return new RedisError('rejected', `Redis at ${url} cannot be used: ${trouble.text}.`, { cause });
}

function resp3Required(url: string, cause: unknown): RedisError {
  return new RedisError(
    'resp3-required',
    `The server at ${url} does not speak RESP3, with which one connection can publish and ` +
      'subscribe. Use Redis 7.0 or newer, without a proxy that knows only RESP2.',
    { cause },
  );
}
