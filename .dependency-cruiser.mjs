/**
 * Dependencies between the parts point one way. Each library may import only the libraries listed
 * here (and npm packages or node:* unless said otherwise); whoever needs another one changes this
 * list, and with it the architecture, in the open.
 */
const ALLOWED_LIBS = {
  consensus: [],
  clock: [],
  primitives: [],
  crypto: ['consensus', 'primitives'],
  wire: ['consensus', 'crypto', 'primitives'],
  receipt: ['consensus', 'crypto', 'primitives', 'wire'],
  redis: ['foreign-text'],
  broker: ['consensus', 'redis'],
  storage: ['consensus', 'files'],
  'state-machine': ['consensus', 'primitives'],
  faults: ['consensus', 'crypto', 'primitives'],
  runner: [
    'clock',
    'consensus',
    'crypto',
    'primitives',
    'wire',
    'broker',
    'storage',
    'state-machine',
    'faults',
  ],
  client: ['clock', 'consensus', 'crypto', 'wire', 'broker', 'cluster-config'],
  nest: [
    'broker',
    'client',
    'clock',
    'cluster-config',
    'consensus',
    'crypto',
    'receipt',
    'redis',
    'state-machine',
    'wire',
  ],
  files: [],
  'foreign-text': [],
  'strict-json': [],
  http: ['strict-json'],
  transport: ['broker', 'foreign-text'],
  'redis-server': [],
  program: ['cluster-config', 'files', 'foreign-text'],
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
    'foreign-text',
    'measurement',
    'program',
  ],
  'process-cluster': [
    'program',
    'cluster-config',
    'files',
    'foreign-text',
    'redis-server',
    'faults',
    'client',
    'clock',
    'crypto',
    'broker',
  ],
};

// Specs, contract suites and helpers of specs may import any library (never an app).
const TEST_FILES = '\\.(spec|contract|testkit)\\.ts$';

/** Libraries that the page takes, in their entirety or by their `browser.ts`. */
const RUNS_IN_BROWSERS =
  '^libs/(consensus|primitives|crypto|wire|receipt|state-machine|faults|runner|client|simulator|foreign-text|strict-json)/' +
  '|^libs/[^/]+/src/browser';
/** Files of these that no browser runs. */
const NODE_ALONE = [
  '^libs/primitives/src/(index\\.ts$|node/)',
  '^libs/strict-json/src/(index|strict-json-bytes)\\.ts$',
  'edit-on-load\\.ts$',
];

const layerRules = Object.entries(ALLOWED_LIBS).map(([lib, allowed]) => ({
  name: `layers-${lib}`,
  comment: `libs/${lib} may import only: ${[lib, ...allowed].join(', ')}.`,
  severity: 'error',
  from: { path: `^libs/${lib}/`, pathNot: TEST_FILES },
  to: { path: '^libs/', pathNot: `^libs/(${[lib, ...allowed].join('|')})/` },
}));

/** Rules for folders of which each may import those after it alone. */
function layersOf(name, source, layers) {
  return layers.map((layer, index) => ({
    name: `${name}-${layer}`,
    comment: `${source}${layer}/ may import only: ${layers.slice(index).join(', ')}.`,
    severity: 'error',
    from: { path: `^${source}${layer}/`, pathNot: TEST_FILES },
    to: { path: `^${source}`, pathNot: `^${source}(${layers.slice(index).join('|')})/` },
  }));
}

const folderRules = [
  ...layersOf('core-layers', 'libs/consensus/src/', [
    ...['view-change', 'sync', 'slot', 'state', 'routing', 'model', 'messages'],
  ]),
  ...layersOf('gateway-layers', 'apps/gateway/src/', [
    'signed',
    'receipts',
    'queue-board',
    'problem',
    'page',
    'metrics',
    'links',
    'ledger',
    'kv',
    'health',
    'comparison',
    'experiments',
    'requests',
    'events',
    'cluster',
    'queue',
    'openapi',
    'connection',
    'settings',
    'auth',
    'answers',
  ]),
];

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    ...folderRules,
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
      from: { path: '^libs/consensus/', pathNot: TEST_FILES },
      to: { pathNot: '^libs/consensus/' },
    },
    {
      name: 'no-node-in-what-browsers-run',
      comment: 'What needs Node is in libs/primitives, on the side of Node alone.',
      severity: 'error',
      from: { path: RUNS_IN_BROWSERS, pathNot: [TEST_FILES, ...NODE_ALONE] },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'no-native-code-but-in-primitives',
      comment: 'Hashes and signatures come from @ccro/primitives, which has two sides.',
      severity: 'error',
      from: { path: '^libs/', pathNot: [TEST_FILES, '^libs/primitives/src/node/'] },
      to: { path: 'node_modules/(sodium-native|@chainsafe/blst)/' },
    },
    {
      name: 'browsers-have-no-node-side',
      severity: 'error',
      from: { path: '^libs/[^/]+/src/(browser\\.ts$|browser/)', pathNot: TEST_FILES },
      to: { path: NODE_ALONE },
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
      from: { path: '^(libs|apps)/([^/]+)/src/', pathNot: TEST_FILES },
      to: { path: '^$1/$2/src/index\\.ts$' },
    },
    {
      name: 'libs-only-through-their-index',
      comment:
        "Import '@ccro/<lib>', never a file inside another library. Specs may import what browsers get.",
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/' },
      to: {
        path: '^libs/[^/]+/src/',
        pathNot: ['^$1/$2/', '^libs/[^/]+/src/(index|browser)\\.ts$'],
      },
    },
    {
      name: 'browser-entries-are-chosen-by-builds',
      comment: "Import '@ccro/<lib>': which of its entries that is says who builds.",
      severity: 'error',
      from: { path: '^(libs|apps)/([^/]+)/', pathNot: TEST_FILES },
      to: { path: '^libs/[^/]+/src/browser\\.ts$', pathNot: '^$1/$2/' },
    },
    {
      name: 'examples-are-outsiders',
      comment: "An example imports what its readers could: '@ccro/<lib>'.",
      severity: 'error',
      from: { path: '^examples/', pathNot: TEST_FILES },
      to: { path: '^(apps|libs)/', pathNot: '^libs/[^/]+/src/index\\.ts$' },
    },
    {
      name: 'no-spec-imports',
      comment: 'Code that ships never imports tests.',
      severity: 'error',
      from: { pathNot: TEST_FILES },
      to: { path: TEST_FILES },
    },
    {
      name: 'not-resolvable',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-undeclared-packages',
      comment:
        "Every package imported is in the workspace's own package.json, or a tool in the root's.",
      severity: 'error',
      from: { path: '^(libs|apps|examples)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-packages-in-what-ships',
      severity: 'error',
      // The benchmark is run in a working copy alone, where its load generator is installed; what
      // the page uses is put into it when it is built.
      from: { path: '^(libs|apps)/', pathNot: [TEST_FILES, '^apps/(bench|dashboard)/'] },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only', 'npm-peer'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.d.ts'],
    },
  },
};
