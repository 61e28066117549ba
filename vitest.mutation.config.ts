import { statSync } from 'node:fs';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { UNIT_SOURCES } from './vitest.config.js';

/** Folders and files whose unit specs mutants are tested with (`npm run mutate` names them). */
const specs = (process.env.MUTATION_SPECS ?? 'libs').split(',');

/** A mutant dies in the first spec that fails: those that cost little come first. */
class CheapestFirst extends BaseSequencer {
  override sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const costOf = ({ moduleId }: TestSpecification): number =>
      (moduleId.includes('simulator') ? 1e9 : 0) + statSync(moduleId).size;
    return Promise.resolve([...files].sort((a, b) => costOf(a) - costOf(b)));
  }
}

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
    sequence: { sequencer: CheapestFirst },
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
