/** `npm start`: a whole cluster and its gateway with one command. */

import { run } from './command.js';
import { OptionError, checkOptions } from './options/cluster-options.js';
import { clusterCommand, typedOptions } from './options/command-line.js';

await run(async () => {
  const raw = typedOptions(clusterCommand(), process.argv.slice(2));
  const { REDIS_URL, FAULT_INJECTION } = process.env;
  if (FAULT_INJECTION !== undefined && !['on', 'off', ''].includes(FAULT_INJECTION)) {
    throw new OptionError('fault-injection', `(FAULT_INJECTION=${FAULT_INJECTION})`, 'on or off');
  }
  const options = checkOptions(
    { ...raw, faultInjection: raw.faultInjection ?? FAULT_INJECTION === 'on' },
    REDIS_URL === '' ? undefined : REDIS_URL,
  );
  // Loaded only when the options are right: what is wrong, and --help, come at once.
  const { runCluster } = await import('./run-cluster.js');
  return runCluster(options, (line) => process.stdout.write(`${line}\n`));
});
