/**
 * `npm run fuzz [-- --minutes M]`: throws what nobody would send at whatever reads something from outside, for a
 * time. The same specs run for some seconds in `npm test`.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { getRedis } from './get-redis.mjs';
import { prepareOrExit, ROOT } from './prepare.mjs';

const SPECS = readdirSync(join(ROOT, 'fuzz'))
  .filter((name) => name.endsWith('.fuzz.spec.ts'))
  .map((name) => name.replace('.fuzz.spec.ts', ''));

const USAGE = `usage: npm run fuzz [-- [NAME …] [options]]

NAME is one of: ${SPECS.join(', ')} (all of them unless named).

options:
  --minutes M    so long for each property (1)
  --seed S       the seed of a failure, which it prints
  --path P       the path of a failure, with --seed: that case alone
  --help         this text

example: npm run fuzz -- messages --minutes 10
`;

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        minutes: { type: 'string', default: '1' },
        seed: { type: 'string' },
        path: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (!/^\d{1,4}(\.\d+)?$/.test(values.minutes) || !(Number(values.minutes) > 0)) {
      throw new Error('--minutes takes a number above 0');
    }
    if (values.seed !== undefined && !/^-?\d{1,10}$/.test(values.seed)) {
      throw new Error('--seed takes a whole number');
    }
    const unknown = positionals.find((name) => !SPECS.includes(name));
    if (unknown !== undefined) throw new Error(`there is nothing called ${unknown} to fuzz`);
    return { ...values, names: positionals };
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

const options = readOptions();
if (options.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
await prepareOrExit();
Object.assign(process.env, (await getRedis()).env);
process.env.FUZZ_SECONDS = String(Number(options.minutes) * 60);
if (options.seed !== undefined) process.env.FUZZ_SEED = options.seed;
if (options.path !== undefined) process.env.FUZZ_PATH = options.path;
process.stderr.write(`Fuzzing for ${options.minutes} min a property; failures print their seed\n`);

const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const files = options.names.map((name) => `fuzz/${name}.fuzz.spec.ts`);
process.argv = [process.execPath, vitest, 'run', '--project', 'fuzz', ...files];
process.chdir(ROOT);
await import(pathToFileURL(vitest).href);
