import { fileURLToPath } from 'node:url';
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const platform = (file: string): string => here(`src/platform/${file}.ts`);

const libs = readdirSync(here('../../libs')).map((lib) => ({
  find: new RegExp(`^@ccro/${lib}$`),
  replacement: here(`../../libs/${lib}/src/index.ts`),
}));

/** What Node has and browsers have not: see `src/platform`. */
const standIns = [
  { find: /^sodium-native$/, replacement: platform('sodium-native') },
  { find: /^@chainsafe\/blst$/, replacement: platform('blst') },
  { find: /^node:crypto$/, replacement: platform('node-crypto') },
];
/** Imported by parts of the libraries that the page leaves out. */
const ABSENT =
  /^(node:(fs|fs\/promises|net|path|url|zlib|timers\/promises)|ioredis|classic-level)$/;
const absent = { find: ABSENT, replacement: here('src/platform/absent.cjs') };

const inject = {
  Buffer: [platform('buffer'), 'Buffer'] as [string, string],
  setImmediate: [platform('set-immediate'), 'setImmediate'] as [string, string],
};

const rolldownOptions = {
  // How long a build takes is no news.
  checks: { pluginTimings: false },
  transform: { inject },
  // Loading a module of the libraries does nothing: what is not used of them is left out.
  treeshake: { moduleSideEffects: [{ test: /\/(libs|typebox)\//, sideEffects: false }] },
};

export default defineConfig({
  root: here('.'),
  logLevel: 'warn',
  resolve: { alias: [...standIns, absent, ...libs] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', rolldownOptions },
  build: {
    outDir: here('../../dist/dashboard'),
    emptyOutDir: true,
    target: 'es2022',
    // The page's security policy allows no data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions,
  },
});
