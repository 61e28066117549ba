/** A Redis that speaks TLS, under a certificate authority of its own, and knows a cluster's users. */

import { startRedisServer, RedisServerError, type RedisServer } from '@ccro/redis-server';
import { Redis } from 'ioredis';
import { execFile } from 'node:child_process';
import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Everything that is needed to start a Redis with TLS. */
export interface TlsFiles {
  /** The authority's certificate. */
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
}

/** Makes an authority, and a certificate that it issues for 127.0.0.1. */
export async function makeTlsFiles(directory: string): Promise<TlsFiles> {
  const path = (name: string): string => join(directory, name);
  const files = { ca: path('ca.crt'), certificate: path('redis.crt'), key: path('redis.key') };
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const authority = ['-keyout', path('ca.key'), '-out', files.ca, '-subj', '/CN=test authority'];
  await run('openssl', ['req', '-x509', ...newKey, ...authority, '-days', '2']);
  const server = ['-keyout', files.key, '-out', path('redis.csr'), '-subj', '/CN=redis'];
  await run('openssl', ['req', ...newKey, ...server]);
  await writeFile(path('names'), 'subjectAltName = IP:127.0.0.1\n');
  await run('openssl', [
    ...['x509', '-req', '-in', path('redis.csr'), '-out', files.certificate, '-days', '2'],
    ...['-CA', files.ca, '-CAkey', path('ca.key'), '-CAcreateserial', '-extfile', path('names')],
  ]);
  return files;
}

/**
 * Starts a Redis with TLS on `tlsPort`, besides the port that it is watched over on.
 *
 * @param loadUsers path of an ACL file; once it serves nobody comes in who is not in it
 * @returns undefined when this Redis was built without TLS
 */
export async function startGuardedRedis(
  directory: string,
  { ca, certificate, key }: TlsFiles,
  tlsPort: number,
  users: string,
): Promise<RedisServer | undefined> {
  const aclFile = join(directory, 'server.acl');
  await writeFile(aclFile, '');
  try {
    const server = await startRedisServer({
      dir: directory,
      extraArgs: [
        ...['--tls-port', String(tlsPort), '--tls-ca-cert-file', ca, '--tls-auth-clients', 'no'],
        ...['--tls-cert-file', certificate, '--tls-key-file', key, '--aclfile', aclFile],
      ],
    });
    await copyFile(users, aclFile);
    const before = new Redis(server.url);
    await before.acl('LOAD');
    before.disconnect();
    return server;
  } catch (error) {
    if (error instanceof RedisServerError && /tls-[\w-]+|Bad directive/.test(error.message)) {
      return undefined;
    }
    throw error;
  }
}
