import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const libs = [
  'clock',
  'primitives',
  'program',
  'consensus',
  'crypto',
  'wire',
  'broker',
  'runner',
  'storage',
  'state-machine',
  'client',
  'faults',
  'cluster-config',
  'redis',
  'redis-server',
  'simulator',
  'transport',
  'figures',
  'measurement',
  'experiment',
  'telemetry',
  'process-cluster',
  'receipt',
  'nest',
  'files',
  'foreign-text',
  'strict-json',
  'http',
];

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const alias = {
  ...Object.fromEntries(libs.map((lib) => [`@ccro/${lib}`, source(`libs/${lib}/src/index.ts`)])),
  '@ccro/node-app': source('apps/node/src/index.ts'),
  '@ccro/gateway-app': source('apps/gateway/src/index.ts'),
};

// Nest's dependency injection reads the constructor types that decorators record.
const oxc = { decorator: { legacy: true, emitDecoratorMetadata: true } };

/** How unit specs find and read the sources. */
export const UNIT_SOURCES = { resolve: { alias }, oxc };

const SPECS = '{libs,apps,examples,scripts}/**/*.spec.ts';
const FUZZ_SPECS = 'fuzz/**/*.fuzz.spec.ts';
const E2E_SPECS = '{libs,apps,examples,scripts}/**/*.e2e.spec.ts';
/**
 * These measure times, use ports that users use, build the project anew or keep every processor
 * busy by themselves: they run alone.
 */
const E2E_ALONE = [
  'apps/bench/**/*.e2e.spec.ts',
  'apps/chaos/**/*.e2e.spec.ts',
  'apps/simulator/**/*.e2e.spec.ts',
  'apps/cluster/src/acceptance/{bad-collector,deliveries,large-clusters,redis-outage,separate-processes}.e2e.spec.ts',
  'scripts/readme.e2e.spec.ts',
];
const IGNORED = ['**/node_modules/**', '**/dist/**'];

export default defineConfig({
  test: {
    passWithNoTests: false,
    coverage: {
      provider: 'v8',
      include: ['libs/*/src/**/*.ts', 'apps/*/src/**/*.ts'],
      exclude: ['**/*.spec.ts', '**/*.contract.ts', '**/*.testkit.ts', '**/index.ts', '**/main.ts'],
    },
    projects: [
      {
        ...UNIT_SOURCES,
        test: {
          name: 'unit',
          include: [SPECS],
          exclude: [...IGNORED, E2E_SPECS],
          // Vitest leaves one processor to itself unless told otherwise.
          maxWorkers: '100%',
          // Modules are loaded once for each processor, not for each file: half of the time was that.
          // So a spec undoes what it does to what is global (`--sequence.shuffle.files` tells).
          isolate: false,
          testTimeout: 10_000,
          hookTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...UNIT_SOURCES,
        test: {
          name: 'fuzz',
          include: [FUZZ_SPECS],
          exclude: IGNORED,
          maxWorkers: '100%',
          sequence: { groupOrder: 0 },
        },
      },
      {
        ...UNIT_SOURCES,
        test: {
          name: 'e2e',
          include: [E2E_SPECS],
          exclude: [...IGNORED, ...E2E_ALONE],
          // They start servers, clusters and tools, and mostly wait for them: three at a time.
          maxWorkers: 3,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        ...UNIT_SOURCES,
        test: {
          name: 'e2e, alone',
          include: E2E_ALONE,
          exclude: IGNORED,
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
