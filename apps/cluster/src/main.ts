/** `npm start`: a whole cluster and its gateway with one command. */

import { RedisUrl } from '@ccro/redis';
import { loadApiKeys, readStartEnvironment } from '@ccro/cluster-config';
import { run } from './command.js';
import { checkOptions } from './options/cluster-options.js';
import { clusterCommand, typedOptions } from './options/command-line.js';

const SHOWN_PASSWORD =
  'warning: every user of this machine can see the password in --redis-url (ps): set REDIS_URL instead';

await run('server', async () => {
  const raw = typedOptions(clusterCommand(), process.argv.slice(2));
  const { redisUrl, redisCaFile, apiKeysFile, ...environment } = readStartEnvironment(process.env);
  const options = checkOptions({ ...environment, ...raw }, redisUrl);
  // Of all that was typed the password alone is a secret, and `ps` shows it to everybody.
  if (raw.redisUrl !== undefined && new RedisUrl(options.redisUrl).namesUser) {
    process.stderr.write(`${SHOWN_PASSWORD}\n`);
  }
  const keysFile = raw.apiKeys ?? apiKeysFile;
  const auth = keysFile === undefined ? {} : { apiKeys: loadApiKeys(keysFile) };
  // Loaded only when the options are right: what is wrong, and --help, come at once.
  const { runCluster } = await import('./run-cluster.js');
  const redis = redisCaFile === undefined ? {} : { redisCaFile };
  return runCluster({ ...options, ...redis, ...auth }, (line) => process.stdout.write(`${line}\n`));
});
