import { fileURLToPath } from 'node:url';
import { existsSync, readdirSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Of a library that is not the same everywhere, `browser.ts` is what it is in browsers. */
function entryOf(lib: string): string {
  const [forBrowsers = '', forAll = ''] = ['browser', 'index'].map((name) =>
    here(`../../libs/${lib}/src/${name}.ts`),
  );
  return existsSync(forBrowsers) ? forBrowsers : forAll;
}

const alias = readdirSync(here('../../libs')).map((lib) => ({
  find: new RegExp(`^@ccro/${lib}$`),
  replacement: entryOf(lib),
}));

/** Otherwise Vite puts an empty module in its place, which fails when the page is used. */
const nothingOfNode = (): Plugin => ({
  name: 'nothing-of-node',
  enforce: 'pre',
  resolveId(id, importer) {
    if (isBuiltin(id)) this.error(`there is no ${id} in browsers: imported by ${importer}`);
  },
});

const rolldownOptions = {
  // How long a build takes is no news.
  checks: { pluginTimings: false },
  // Loading a module of the libraries does nothing: what is not used of them is left out.
  treeshake: { moduleSideEffects: [{ test: /\/(libs|typebox)\//, sideEffects: false }] },
};

export default defineConfig({
  root: here('.'),
  logLevel: 'warn',
  plugins: [nothingOfNode()],
  resolve: { alias },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es', plugins: () => [nothingOfNode()], rolldownOptions },
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
