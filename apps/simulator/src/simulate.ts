import {
  ALL_CHOICES,
  BROKEN_PROTOCOLS,
  type BrokenProtocol,
  type Choices,
  KNOWN_SEEDS,
} from '@ccro/simulator';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError, requireWritable } from '@ccro/program';
import type { SimulatorOptions } from './options/simulator-options.js';
import { brokenList, searchTable, type Search } from './report/broken.js';
import { findingLine, traceText } from './report/findings.js';
import { Progress } from './report/progress.js';
import { Summary } from './report/summary.js';
import { replay, sweep } from './sweep.js';

type Chosen<K extends SimulatorOptions['kind']> = Extract<SimulatorOptions, { kind: K }>;
type Print = (text: string) => void;

/** Failing seeds named one by one; more say nothing new. */
const SHOWN_FINDINGS = 20;

/** Does what the options say. @returns the program's exit code */
export async function simulate(options: SimulatorOptions, print: Print): Promise<number> {
  if (options.kind !== 'list-broken') {
    requireWritable([{ option: 'trace', path: options.traceFile, kind: 'file' }]);
  }
  switch (options.kind) {
    case 'sweep':
      return runSweep(options, print);
    case 'replay':
      return runReplay(options, print);
    case 'list-broken':
      print(brokenList(BROKEN_PROTOCOLS));
      return 0;
    case 'find-broken':
      return findBroken(options, print);
  }
}

async function runSweep(options: Chosen<'sweep'>, print: Print): Promise<number> {
  const { firstSeed, seeds, choices, traceFile } = options;
  print(`Seeds ${firstSeed} to ${firstSeed + seeds - 1}: ${choicesText(choices)}`);
  const progress = new Progress(seeds, 'seeds', process.stderr);
  const summary = new Summary();
  const sound = { engine: 'runs', edits: [] } as const;
  const found = await sweep({ ...options, ...sound }, (result) => {
    progress.add(result.findings.length > 0);
    summary.add(result);
  }).finally(() => progress.stop());
  print(summary.table());
  const [first] = found;
  if (first === undefined) {
    print(`No invariant was violated in ${seeds} runs.`);
    return 0;
  }
  const file = traceFileFor(first.seed, traceFile);
  print(traceText(await replay(first.seed, file, { choices, edits: [] }), file));
  for (const result of found.slice(0, SHOWN_FINDINGS)) print(findingLine(result));
  print(`${found.length} of ${seeds} runs violated an invariant. One again, with its trace:`);
  print(`  npm run simulate -- --seed ${first.seed}${choicesOptions(choices)}`);
  return 1;
}

async function runReplay(
  { seed, choices, traceFile }: Chosen<'replay'>,
  print: Print,
): Promise<number> {
  const file = traceFileFor(seed, traceFile);
  const result = await replay(seed, file, { choices, edits: [] });
  print(traceText(result, file));
  print(findingLine(result));
  return result.findings.length === 0 ? 0 : 1;
}

async function findBroken(options: Chosen<'find-broken'>, print: Print): Promise<number> {
  const [only, ...others] = options.protocols;
  if (only !== undefined && others.length === 0) return findOne(only, options, print);
  if (options.traceFile !== undefined) {
    throw new OptionError('trace', options.traceFile, 'it needs one name after --break');
  }
  return findAll(options, print);
}

async function findOne(
  protocol: BrokenProtocol,
  options: Chosen<'find-broken'>,
  print: Print,
): Promise<number> {
  const { name, breaks, foundBy, edits } = protocol;
  const { choices, traceFile } = options;
  print(`${name}: ${breaks}`);
  const { found, seeds } = await search(protocol, options);
  if (found === undefined) {
    print(`Not found in ${seeds} seeds.`);
    return 1;
  }
  if (foundBy === 'runs') {
    const file = traceFileFor(found.seed, traceFile);
    print(traceText(await replay(found.seed, file, { choices, edits }), file));
  }
  print(findingLine(found));
  print(`Found after ${seeds} of ${options.seeds} seeds.`);
  return 0;
}

async function findAll(options: Chosen<'find-broken'>, print: Print): Promise<number> {
  const { protocols, jobs } = options;
  const progress = new Progress(protocols.length, 'protocols', process.stderr);
  const waiting = [...protocols];
  const searches: Search[] = [];
  // One process for each: most are found so soon that a second would have nothing to do.
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const done = await search(next, { ...options, jobs: 1 });
      searches.push(done);
      progress.add(done.found !== undefined);
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, lane));
  } finally {
    progress.stop();
  }
  searches.sort((a, b) => protocols.indexOf(a.protocol) - protocols.indexOf(b.protocol));
  print(searchTable(searches));
  const found = searches.filter((each) => each.found !== undefined).length;
  print(`${found} of ${searches.length} broken protocols were found.`);
  return found === searches.length ? 0 : 1;
}

async function search(protocol: BrokenProtocol, options: Chosen<'find-broken'>): Promise<Search> {
  const { name, edits, foundBy: engine, violates: wanted } = protocol;
  const likely = options.knownFirst ? KNOWN_SEEDS[name] : undefined;
  const [found] = await sweep({ ...options, engine, edits, wanted, likely }, () => undefined);
  const seeds = found === undefined ? options.seeds : found.seed - options.firstSeed + 1;
  return { protocol, found, seeds };
}

/** Where the trace of `seed` goes. */
function traceFileFor(seed: number, wanted: string | undefined): string {
  // Others write to the temporary files' directory: a name that they can foresee may lead elsewhere.
  return wanted ?? join(mkdtempSync(join(tmpdir(), 'ccro-simulation-')), `seed-${seed}.txt`);
}

function choicesText(choices: Choices): string {
  const { modes, nodes } = ALL_CHOICES;
  const others = choicesOptions({ ...choices, modes, nodes });
  return `${choices.modes.join(' and ')}, ${choices.nodes.join(', ')} nodes${others}`;
}

/** What has to be typed for these choices; those that are offered anyway are left out. */
function choicesOptions(choices: Choices): string {
  const words = (values: Choices['fastPath']): string[] =>
    values.map((value) => (value ? 'on' : 'off'));
  const options: readonly (readonly [string, string, string])[] = [
    ['mode', choices.modes.join(), ALL_CHOICES.modes.join()],
    ['nodes', choices.nodes.join(), ALL_CHOICES.nodes.join()],
    ['signature', choices.signatures.join(), ALL_CHOICES.signatures.join()],
    ['fast-path', words(choices.fastPath).join(), words(ALL_CHOICES.fastPath).join()],
    ['together', choices.signedTogether.join(), ALL_CHOICES.signedTogether.join()],
  ];
  const narrowed = options.filter(([, value, all]) => value !== all);
  return narrowed.map(([name, value]) => ` --${name} ${value}`).join('');
}
