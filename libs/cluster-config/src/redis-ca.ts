import { readRegularFile } from '@ccro/files';
import { RedisUrl } from '@ccro/redis';
import { X509Certificate } from 'node:crypto';
import { ConfigurationError, notAllowed, shown } from './configuration-error.js';

const RULE = 'a file with a certificate in PEM form';

/**
 * The certificates that vouch for Redis, as the settings name them.
 *
 * @returns PEM; undefined when none are named, so that those that Node trusts count
 * @throws ConfigurationError when there are none in the file, or the URL is not one for TLS
 */
export function loadRedisCa({
  redisUrl,
  redisCaFile,
}: {
  readonly redisUrl: string;
  readonly redisCaFile: string | undefined;
}): string | undefined {
  if (redisCaFile === undefined) return undefined;
  if (!new RedisUrl(redisUrl).tls) {
    const problem = 'is set, but REDIS_URL is not for TLS; allowed: with a URL that starts with';
    throw new ConfigurationError('REDIS_CA_FILE', `${problem} rediss://`);
  }
  try {
    const pem = readRegularFile(redisCaFile).toString();
    void new X509Certificate(pem);
    return pem;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const unreadable = code !== undefined && /^E[A-Z]+$/.test(code);
    if (!unreadable) throw notAllowed('REDIS_CA_FILE', redisCaFile, RULE);
    const problem = `is ${shown(redisCaFile)}, which cannot be read (${code}); allowed: ${RULE}`;
    throw new ConfigurationError('REDIS_CA_FILE', problem);
  }
}
