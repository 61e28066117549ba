/** `npm start`: a whole cluster and its gateway with one command. */

import { RedisUrl } from '@ccro/broker';
import { loadApiKeys } from '@ccro/cluster-config';
import { run } from './command.js';
import { OptionError, checkOptions } from './options/cluster-options.js';
import { clusterCommand, typedOptions } from './options/command-line.js';

const SHOWN_PASSWORD =
  'warning: every user of this machine can see the password in --redis-url (ps): set REDIS_URL instead';

await run('server', async () => {
  const raw = typedOptions(clusterCommand(), process.argv.slice(2));
  const { REDIS_URL, REDIS_CA_FILE, FAULT_INJECTION, API_KEYS_FILE } = process.env;
  if (FAULT_INJECTION !== undefined && !['on', 'off', ''].includes(FAULT_INJECTION)) {
    throw new OptionError('fault-injection', `(FAULT_INJECTION=${FAULT_INJECTION})`, 'on or off');
  }
  const options = checkOptions(
    { ...raw, faultInjection: raw.faultInjection ?? FAULT_INJECTION === 'on' },
    REDIS_URL === '' ? undefined : REDIS_URL,
  );
  // Of all that was typed the password alone is a secret, and `ps` shows it to everybody.
  if (raw.redisUrl !== undefined && new RedisUrl(options.redisUrl).namesUser) {
    process.stderr.write(`${SHOWN_PASSWORD}\n`);
  }
  const keysFile = raw.apiKeys ?? API_KEYS_FILE;
  const door = keysFile ? { apiKeys: loadApiKeys(keysFile) } : {};
  // Loaded only when the options are right: what is wrong, and --help, come at once.
  const { runCluster } = await import('./run-cluster.js');
  const redis = REDIS_CA_FILE ? { redisCaFile: REDIS_CA_FILE } : {};
  return runCluster({ ...options, ...redis, ...door }, (line) => process.stdout.write(`${line}\n`));
});
