/**
 * Puts each program with all it imports into a few files below dist/programs: loading the
 * thousand modules one by one takes a process longer than everything else it does at its start.
 * Builds the page as well.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** By name: a file below dist/apps. */
const PROGRAMS = {
  cluster: 'cluster/src/main.js',
  demo: 'cluster/src/demo.js',
  gateway: 'gateway/src/main.js',
  node: 'node/src/main.js',
};

/** Loaded from node_modules: with native code or files beside it, or to be loaded first. */
const EXTERNAL =
  /^(@bull-board|@chainsafe\/blst|classic-level|jsonc-parser|sodium-native|reflect-metadata)(\/|$)/;
/** Nest's decorators need it from the first module on. */
const BANNER = "import 'reflect-metadata';";

/** Bundles what was built. @param root of the working copy */
export async function bundlePrograms(root) {
  // Installed by the time this runs, which is later than this file is loaded.
  const { rolldown } = await import('rolldown');
  const directory = join(root, 'dist', 'programs');
  const input = Object.fromEntries(
    Object.entries(PROGRAMS).map(([name, file]) => [name, join(root, 'dist', 'apps', file)]),
  );
  const bundle = await rolldown({
    input,
    cwd: root,
    platform: 'node',
    external: EXTERNAL,
    // What Nest would use if it were installed is not, and that is meant.
    logLevel: 'silent',
  });
  rmSync(directory, { recursive: true, force: true });
  await bundle.write({
    dir: directory,
    format: 'esm',
    banner: BANNER,
    keepNames: true,
    sourcemap: true,
  });
  await bundle.close();
}

/** Builds the page that the gateway serves, apps/dashboard, into dist/dashboard. */
export async function buildPage(root) {
  // Installed by the time this runs, which is later than this file is loaded.
  const { build } = await import('vite');
  await build({ configFile: join(root, 'apps', 'dashboard', 'vite.config.ts') });
}
