import { defineConfig } from 'vitest/config';
import { UNIT_SOURCES } from './vitest.config.js';

/** Folders and files whose unit specs mutants are tested with (`npm run mutate` names them). */
const specs = (process.env.MUTATION_SPECS ?? 'libs').split(',');

export default defineConfig({
  ...UNIT_SOURCES,
  test: {
    include: specs.map((path) => (path.endsWith('.ts') ? path : `${path}/**/*.spec.ts`)),
    // Whole clusters of the smallest size are enough, and ten times as quick.
    ...(specs.some((path) => path.includes('simulator/src/scenarios')) && {
      testNamePattern: /^(?!.*\bn = (?!4\b)\d)/,
    }),
    exclude: ['**/*.e2e.spec.ts', '**/node_modules/**'],
    isolate: false,
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
