/**
 * Dependencies between the parts point one way. Each library may import only the libraries listed
 * here (and npm packages or node:* unless said otherwise); whoever needs another one changes this
 * list, and with it the architecture, in the open.
 */
const ALLOWED_LIBS = {
  consensus: [],
  clock: [],
  crypto: ['consensus'],
  wire: ['consensus', 'crypto'],
  receipt: ['consensus', 'crypto', 'wire'],
  broker: ['consensus'],
  storage: ['consensus'],
  'state-machine': ['consensus'],
  faults: ['consensus', 'crypto'],
  runner: ['clock', 'consensus', 'crypto', 'wire', 'broker', 'storage', 'state-machine', 'faults'],
  client: ['clock', 'consensus', 'crypto', 'wire', 'broker', 'cluster-config'],
  nest: [
    'broker',
    'client',
    'clock',
    'cluster-config',
    'consensus',
    'crypto',
    'receipt',
    'state-machine',
    'wire',
  ],
  'foreign-text': [],
  'strict-json': [],
  http: ['strict-json'],
  transport: ['broker'],
  'redis-server': [],
  program: ['cluster-config', 'foreign-text'],
  figures: [],
  telemetry: ['clock', 'consensus', 'crypto'],
  measurement: [
    'broker',
    'client',
    'clock',
    'cluster-config',
    'consensus',
    'crypto',
    'faults',
    'figures',
    'runner',
    'state-machine',
    'storage',
    'wire',
  ],
  experiment: [
    'clock',
    'cluster-config',
    'consensus',
    'faults',
    'figures',
    'measurement',
    'program',
  ],
  'process-cluster': [
    'program',
    'cluster-config',
    'redis-server',
    'faults',
    'client',
    'clock',
    'crypto',
    'broker',
  ],
};

// Specs and contract suites may reach for any library (never an app) to build what they test.
const NOT_SPECS = '\\.(spec|contract|testkit)\\.ts$';

const layerRules = Object.entries(ALLOWED_LIBS).map(([lib, allowed]) => ({
  name: `layers-${lib}`,
  comment: `libs/${lib} may import only: ${[lib, ...allowed].join(', ')}.`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: NOT_SPECS },
  to: { path: '^libs/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    {
      name: 'no-cycles',
      comment: 'A cycle makes two files one: neither can be read or tested alone.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'consensus-is-pure',
      comment: 'The protocol core imports nothing outside libs/consensus: no package, no node:*.',
      severity: 'error',
      from: { path: '^libs/consensus/', pathNot: NOT_SPECS },
      to: { pathNot: '^libs/consensus/' },
    },
    {
      name: 'receipts-need-no-node',
      comment: 'Receipts are checked in browsers too: nothing of node:* in libs/receipt itself.',
      severity: 'error',
      from: { path: '^libs/receipt/', pathNot: NOT_SPECS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'simulator-needs-hashes-alone',
      comment:
        'The simulator runs in browsers too: of node:* it may use crypto, which the page replaces.',
      severity: 'error',
      from: { path: '^libs/simulator/', pathNot: [NOT_SPECS, 'edit-on-load\\.ts$'] },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'libs-never-import-apps',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^apps/' },
    },
    {
      name: 'no-import-of-own-index',
      comment: 'Inside a library import the file itself; the index is its face to the others.',
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/src/', pathNot: NOT_SPECS },
      to: { path: '^$1/$2/src/index\\.ts$' },
    },
    {
      name: 'libs-only-through-their-index',
      comment: "Import '@ccro/<lib>', never a file inside another library.",
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: { path: '^libs/[^/]+/src/', pathNot: ['^$1/$2/', '^libs/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'examples-are-outsiders',
      comment: "An example imports what its readers could: '@ccro/<lib>'.",
      severity: 'error',
      from: { path: '^examples/', pathNot: NOT_SPECS },
      to: { path: '^(apps|libs)/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'no-spec-imports',
      comment: 'Code that ships never imports tests.',
      severity: 'error',
      from: { pathNot: NOT_SPECS },
      to: { path: '\\.spec\\.ts$' },
    },
    {
      name: 'not-resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-packages',
      comment: 'Every package imported is in package.json.',
      severity: 'error',
      from: { path: '^(libs|apps|examples)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-packages-in-what-ships',
      severity: 'error',
      // The benchmark is run in a working copy alone, where its load generator is installed; what
      // the page uses is put into it when it is built.
      from: { path: '^(libs|apps)/', pathNot: [NOT_SPECS, '^apps/(bench|dashboard)/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.d.ts'],
    },
  },
};
