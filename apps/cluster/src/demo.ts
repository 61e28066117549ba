/** `npm run demo`: the seed's cases one after another, in one table. */

import { asTool } from '@ccro/program';
import { Command } from 'commander';
import { run } from './command.js';
import { demoCases } from './demo/cases.js';
import { runDemo } from './demo/run-demo.js';
import { integerOption } from './options/cluster-options.js';

await run('tool', async () => {
  const command = asTool(new Command('npm run demo --'), import.meta.url)
    .description(
      'Runs PBFT and CCRO with no fault, an offline node, a falsifying node, an equivocating and ' +
        'a silent commander, and prints one table. Exits 0 only if every decision was right.',
    )
    .option('--request-timeout <ms>', 'how long to wait for a decision', '10000');
  command.parse(process.argv.slice(2), { from: 'user' });
  const { requestTimeout } = command.opts<{ requestTimeout: string }>();
  const timeoutMs = integerOption('request-timeout', requestTimeout, 1, 600_000);
  return runDemo(demoCases(timeoutMs), {
    print: (text) => process.stdout.write(`${text}\n`),
    progress: (line) => process.stderr.write(`${line}\n`),
  });
});
