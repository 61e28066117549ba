/**
 * `node scripts/run.mjs <entry> [arguments]` prepares the working copy and becomes the built
 * program of that name. It loads it into this very process instead of starting
 * another, so exit code and signals need no passing on and nothing can be orphaned.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepareOrExit, ROOT } from './prepare.mjs';

/** What is run, by name: a file below dist. */
const PROGRAMS = {
  main: 'programs/cluster.js',
  demo: 'programs/demo.js',
  keygen: 'apps/cluster/src/keygen.js',
  verify: 'apps/cluster/src/verify.js',
  simulate: 'apps/simulator/src/main.js',
  chaos: 'apps/chaos/src/main.js',
  soak: 'apps/chaos/src/soak.js',
  bench: 'apps/bench/src/main.js',
  experiment: 'apps/experiment/src/main.js',
  'example:auction': 'examples/auction/main.js',
};

const [entry = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(PROGRAMS, entry)) {
  const names = Object.keys(PROGRAMS).join('|');
  process.stderr.write(`usage: node scripts/run.mjs ${names} [arguments]\n`);
  process.exit(2);
}

await prepareOrExit();

const program = join(ROOT, 'dist', ...PROGRAMS[entry].split('/'));
process.argv = [process.execPath, program, ...args];
stopWithNpm();
process.setSourceMapsEnabled(true);
await import(pathToFileURL(program).href);

/** Whoever kills npm outright (SIGKILL cannot be passed on) means this program as well. */
function stopWithNpm() {
  const parent = process.ppid;
  if (!process.env.npm_lifecycle_event || parent === 1) return;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 200);
  watch.unref();
}
