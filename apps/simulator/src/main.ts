/** `npm run simulate`: the protocol against everything that a seed can think of. */

import { endWithReader, exitCodeOf, explainFailure, keepFilesPrivate } from '@ccro/program';
import { simulatorCommand, typedOptions } from './options/command-line.js';
import { checkOptions } from './options/simulator-options.js';
import { simulate } from './simulate.js';

keepFilesPrivate();
endWithReader();
try {
  const raw = typedOptions(simulatorCommand(), process.argv.slice(2));
  const options = checkOptions(raw, Math.random);
  process.exitCode = await simulate(options, (text) => process.stdout.write(`${text}\n`));
} catch (error) {
  process.stderr.write(`${explainFailure(error, '')}\n`);
  process.exitCode = exitCodeOf(error);
}
