import { RedisUrl } from '@ccro/redis';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateRedisUsers, type ClusterConfig } from '@ccro/cluster-config';
import type { Redis } from 'ioredis';

/**
 * Adds the gateway's user to a Redis, whom `keygen --redis-acl` gives no more rights than it needs.
 *
 * @param admin a connection that may add users
 * @returns the URL with that user and its password
 */
export async function gatewayUserUrl(
  config: ClusterConfig,
  admin: Redis,
  url: string,
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'ccro-user-'));
  try {
    const [aclFile = ''] = generateRedisUsers(config, directory, new RedisUrl(url));
    const lines = (await readFile(aclFile, 'utf8')).split('\n');
    const user = lines.find((line) => line.includes('-client-gateway ')) ?? '';
    const [, ...rules] = user.match(/\([^)]*\)|\S+/g) ?? [];
    await admin.call('ACL', 'SETUSER', ...rules);
    const environment = await readFile(join(directory, 'client-gateway.env'), 'utf8');
    return environment.slice(environment.indexOf('=') + 1).trim();
  } finally {
    await rm(directory, { recursive: true });
  }
}
