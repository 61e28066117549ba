/**
 * `npm run mutate [-- PATH …]`: changes the source in small ways, one at a time (Stryker), and tells which
 * changes no test notices. Each of these is a missing test, or a change that makes no difference, which then
 * stands with its reason in scripts/equivalent-mutants.json.
 *
 * Two rounds, because most mutants die at once: all of them against the specs beside the source, then those that
 * survived against whole clusters in the simulator as well.
 */
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  patternOfMutant,
  readMutants,
  scoreTable,
  sortOut,
  survivorLines,
  withSecondRound,
} from './mutation-report.mjs';
import { prepareOrExit, ROOT } from './prepare.mjs';

const SIMULATOR = 'libs/simulator/src';
/** The quick ones: a mutant that lives runs all of them. */
const SCENARIOS = [
  ...[
    'replicas',
    'fast-path',
    'collector',
    'primary',
    'network',
    'view-change',
    'clients',
    'settings',
  ],
  ...['catching-up', 'arithmetic', 'durability'],
];
/**
 * What is mutated, and which specs it is tested with: `near` in the first round, `far` besides in the second.
 * The first that a file is in counts.
 */
const TARGETS = {
  // Called for each character of texts of 8 MB: counting that among the rest takes minutes.
  'libs/consensus/src/model/text-size.ts': {
    near: ['libs/consensus/src/model/text-size.spec.ts'],
    far: [],
  },
  'libs/consensus/src': {
    near: ['libs/consensus/src', `${SIMULATOR}/transcript`],
    far: [
      `${SIMULATOR}/exploration`,
      ...SCENARIOS.map((spec) => `${SIMULATOR}/scenarios/${spec}.spec.ts`),
      ...['normal-case', 'view-change', 'faults'].map((spec) => `${SIMULATOR}/${spec}.spec.ts`),
    ],
  },
  'libs/crypto/src': { near: ['libs/crypto/src'], far: ['libs/receipt/src', 'libs/runner/src'] },
  'libs/client/src': { near: ['libs/client/src'], far: [`${SIMULATOR}/scenarios`] },
  'libs/receipt/src': { near: ['libs/receipt/src'], far: [] },
  'apps/gateway/src/queue': { near: ['apps/gateway/src/queue'], far: [] },
};
const NOT_MUTATED = /\.(spec|contract|testkit|d)\.ts$|\/index\.ts$/;
const OUTPUT = join(ROOT, 'coverage', 'mutation');
const EQUIVALENT = join(ROOT, 'scripts', 'equivalent-mutants.json');
const DEFAULT_SCORE = 95;

const USAGE = `usage: npm run mutate [-- PATH …] [options]

PATH is a folder or file below one of:
  ${Object.keys(TARGETS).join('\n  ')}
Without a PATH all of these are mutated, which takes hours.

options:
  --changed BASE   only lines that differ from the commit BASE
  --lines N        at most N changed lines, drawn by the commit (with --changed)
  --score N        fail below this percentage (${DEFAULT_SCORE})
  --near           first round only; survivors need not be explained
  --json FILE      write the survivors to FILE
  --help           this text

example: npm run mutate -- libs/consensus/src/view-change

Exit status: 0 when the score is reached and every survivor is explained in
scripts/equivalent-mutants.json; 1 when not; 2 for a wrong option.
`;

const options = readOptions();
await prepareOrExit({ build: false });
const ranges = options.changed ? changedRanges(options) : wholeFiles(options.paths);
if (ranges.length === 0) {
  console.log('Nothing to mutate: no line of the paths was changed.');
  process.exit(0);
}
process.exit(await mutate(ranges));

function readOptions() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        changed: { type: 'string' },
        lines: { type: 'string' },
        score: { type: 'string' },
        near: { type: 'boolean' },
        json: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      process.stdout.write(USAGE);
      process.exit(0);
    }
    const number = (name, otherwise) => {
      if (values[name] === undefined) return otherwise;
      if (!/^\d{1,6}$/.test(values[name])) throw new Error(`--${name} takes a whole number`);
      return Number(values[name]);
    };
    return {
      ...values,
      paths: positionals.map((path) => path.replace(/\/$/, '')),
      lines: number('lines', Infinity),
      score: number('score', DEFAULT_SCORE),
    };
  } catch (error) {
    process.stderr.write(`${error.message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function git(...args) {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28 });
}

function isMutated(file) {
  return /\.ts$/.test(file) && !NOT_MUTATED.test(file) && targetOf(file) !== undefined;
}

function targetOf(file) {
  return Object.keys(TARGETS).find((target) => isBelow(file, [target]));
}

function isBelow(file, paths) {
  return paths.length === 0 || paths.some((path) => file === path || file.startsWith(`${path}/`));
}

function wholeFiles(paths) {
  const files = git('ls-files', 'libs', 'apps').split('\n').filter(isMutated);
  for (const path of paths) {
    if (files.some((file) => isBelow(file, [path]))) continue;
    process.stderr.write(`Nothing to mutate at ${path}.\n\n${USAGE}`);
    process.exit(2);
  }
  return files.filter((file) => isBelow(file, paths)).map((file) => ({ file }));
}

/**
 * Runs of lines that differ from the base, in an order that the present commit draws. If there is a limit they
 * are all of one target, whose specs run once before the first mutant; and of a long run there are no more
 * than a tenth of what is wanted, so that one file does not stand for all.
 */
function changedRanges({ changed, paths, lines }) {
  const hunks = [];
  let file;
  for (const line of git('diff', '--unified=0', '--diff-filter=d', changed).split('\n')) {
    if (line.startsWith('+++ b/')) file = line.slice(6);
    const hunk = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (!hunk || !isMutated(file) || !isBelow(file, paths)) continue;
    const first = Number(hunk[1]);
    const length = Number(hunk[2] ?? 1);
    if (length > 0) hunks.push({ file, first, last: first + length - 1 });
  }
  const commit = git('rev-parse', 'HEAD').trim();
  const draw = ({ file: name, first }) =>
    createHash('sha256').update(`${commit} ${name} ${first}`).digest('hex');
  hunks.sort((a, b) => (draw(a) < draw(b) ? -1 : 1));
  let left = lines;
  const longest = Math.ceil(lines / 10);
  const ofFirst = ({ file }) => lines === Infinity || targetOf(file) === targetOf(hunks[0].file);
  return hunks.filter(ofFirst).flatMap((hunk) => {
    if (left <= 0) return [];
    const length = hunk.last - hunk.first + 1;
    const taken = Math.min(length, left, longest);
    left -= taken;
    const first = hunk.first + (parseInt(draw(hunk).slice(0, 8), 16) % (length - taken + 1));
    return [{ ...hunk, first, last: first + taken - 1 }];
  });
}

async function mutate(wanted) {
  rmSync(OUTPUT, { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  const found = [];
  for (const [target, { near, far }] of Object.entries(TARGETS)) {
    const here = wanted.filter(({ file }) => targetOf(file) === target);
    if (here.length === 0) continue;
    console.log(`\n${target}: against the specs beside it`);
    let mutants = await round(here.map(patternOf), near);
    const survivors = mutants.filter(({ survived }) => survived);
    if (!options.near && far.length > 0 && survivors.length > 0) {
      console.log(`\n${target}: the ${survivors.length} that survived, against whole clusters`);
      const again = await round(survivors.map(patternOfMutant), [...near, ...far]);
      mutants = withSecondRound(mutants, again);
    }
    found.push(...mutants);
  }
  return report(found);
}

function patternOf({ file, first, last }) {
  return first === undefined ? file : `${file}:${first}-${last}`;
}

/** One run of Stryker; resolves to its mutants, in the order of the source. */
async function round(mutate, specs) {
  const reportFile = join(OUTPUT, 'report.json');
  rmSync(reportFile, { force: true });
  const config = join(OUTPUT, 'stryker.json');
  writeFileSync(
    config,
    JSON.stringify({
      testRunner: 'vitest',
      plugins: ['@stryker-mutator/vitest-runner'],
      vitest: { configFile: 'vitest.mutation.config.ts', related: false },
      coverageAnalysis: 'perTest',
      // Static mutants need all modules loaded again for each of them.
      ignoreStatic: true,
      // A text that decides something has a type, which the compiler checks; the others are for people.
      mutator: { excludedMutations: ['StringLiteral'] },
      mutate,
      allowEmpty: true,
      reporters: process.stdout.isTTY ? ['progress', 'json'] : ['progress-append-only', 'json'],
      jsonReporter: { fileName: reportFile },
      tempDirName: join('coverage', 'mutation', 'sandbox'),
      cleanTempDir: 'always',
      ignorePatterns: ['dist', 'coverage', 'docs/images', 'data', 'bench-results'],
      logLevel: 'warn',
    }),
  );
  const stryker = join(ROOT, 'node_modules', '@stryker-mutator', 'core', 'bin', 'stryker.js');
  const child = spawn(process.execPath, [stryker, 'run', config], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, MUTATION_SPECS: specs.join(',') },
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0 || !existsSync(reportFile)) {
    process.stderr.write(`Stryker failed (exit ${code}); what it printed above says why.\n`);
    process.exit(1);
  }
  return readMutants(JSON.parse(readFileSync(reportFile, 'utf8')));
}

function report(mutants) {
  const { explained, unexplained, stale, score } = sortOut(
    mutants,
    JSON.parse(readFileSync(EQUIVALENT, 'utf8')),
  );
  console.log(`\n${scoreTable(mutants, explained)}`);
  for (const line of survivorLines(unexplained)) console.log(line);
  for (const entry of stale) {
    console.log(`No longer a survivor, take it off the list: ${entry.file}: ${entry.original}`);
  }
  if (options.json) writeFileSync(options.json, JSON.stringify(unexplained, undefined, 2));
  console.log(
    `\n${score.toFixed(1)} % of ${mutants.length - explained.length} mutants are found; ` +
      `${explained.length} make no difference, ${unexplained.length} survive unexplained`,
  );
  // After the first round alone a survivor says little: whole clusters may notice it.
  const isExplained = options.near || unexplained.length === 0;
  return score >= options.score && isExplained ? 0 : 1;
}
