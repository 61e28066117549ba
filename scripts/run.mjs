/**
 * `node scripts/run.mjs <entry> [arguments]` prepares the working copy and becomes the built
 * program apps/cluster/src/<entry>. It loads it into this very process instead of starting
 * another, so exit code and signals need no passing on and nothing can be orphaned.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepareOrExit, ROOT } from './prepare.mjs';

const [entry, ...args] = process.argv.slice(2);
if (!entry || !/^[a-z][a-z-]*$/.test(entry)) {
  process.stderr.write('usage: node scripts/run.mjs main|demo|keygen [arguments]\n');
  process.exit(2);
}

await prepareOrExit();

const program = join(ROOT, 'dist', 'apps', 'cluster', 'src', `${entry}.js`);
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
