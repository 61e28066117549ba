/** docs/BENCHMARKS.md, written from results: nobody types figures. */

import { writeFiles } from '@ccro/process-cluster';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { columnTitle, figureText, rowTexts } from './format.js';
import {
  resultsSchema,
  type BenchRun,
  type Results,
  type ScenarioResult,
  type Verdict,
} from './results.js';

/** What others published or were measured to take. Ratios within one run alone mean anything. */
const PEERS = [
  [
    'the seed (Python, HTTP between all nodes)',
    '4 nodes, 1 offline / falsifying',
    '13–14 / 32–58 ms',
  ],
  ['', '16 nodes, 5 offline / falsifying', '1.1–1.8 / 1.9–2.4 s'],
  ['', '31 nodes, 10 offline / falsifying', '7.2–8.1 / 15–19 s'],
  ['', '61 nodes, 20 offline', '69 s'],
  ['', '91 nodes, 30 offline / falsifying, as published', '171 s / too many open files'],
  ['libhotstuff (C++, TCP)', '4 nodes, 4000 in flight, blocks of 400', '16,000/s, p50 235 ms'],
  ['', '800 in flight, blocks of 100', '13,500/s, p50 58 ms'],
  ['', '4 in flight', '635/s, p50 6 ms'],
  ['BFT-SMaRt (Java, TLS, requests not signed)', '4 nodes, 200 bytes, 400 clients', '4,400/s'],
  ['etcd (crash faults alone, fsync)', '3 members, `check perf`, large', '2,660/s'],
] as const;

/** There are no results to write docs from. The message says what to do. */
export class ResultsError extends Error {
  constructor(path: string, what: string) {
    super(`${path} ${what}: name a directory that npm run bench wrote with --out`);
    this.name = 'ResultsError';
  }
}

/**
 * Reads what a run wrote.
 *
 * @throws ResultsError when there is no results.json of this version in `directory`, or no chart
 */
export async function readResults(directory: string): Promise<BenchRun> {
  const path = join(directory, 'results.json');
  const results = parseResults(path, await readText(path));
  const names = results.scenarios.flatMap(({ charts }) => charts);
  const charts = await Promise.all(
    names.map(async (name) => [name, await readText(join(directory, name))] as const),
  );
  return { results, charts: Object.fromEntries(charts) };
}

async function readText(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => {
    throw new ResultsError(path, 'cannot be read');
  });
}

function parseResults(path: string, text: string): Results {
  try {
    return resultsSchema.parse(JSON.parse(text));
  } catch {
    throw new ResultsError(path, 'does not hold results of this version');
  }
}

/** Where the page goes, and its charts in `benchmarks`. */
export function docsOf(root: string): string {
  return join(root, 'docs');
}

/** Writes the page and its charts, of runs in their order. @returns a line that says so */
export async function writeDocs(root: string, runs: readonly BenchRun[]): Promise<string> {
  const docs = docsOf(root);
  const charts = Object.assign({}, ...runs.map((run) => run.charts)) as BenchRun['charts'];
  await writeFiles(join(docs, 'benchmarks'), charts);
  await writeFiles(docs, { 'BENCHMARKS.md': benchmarksPage(runs.map(({ results }) => results)) });
  return `Written: docs/BENCHMARKS.md and ${Object.keys(charts).length} charts in docs/benchmarks`;
}

/** A scenario and the run whose it is: its yardstick was measured then. */
interface Shown {
  readonly scenario: ScenarioResult;
  readonly results: Results;
}

/** The page as Markdown. Of a scenario in several runs the last one is shown. */
export function benchmarksPage(runs: readonly Results[]): string {
  const last = new Map<string, Shown>();
  for (const results of runs) {
    for (const scenario of results.scenarios) last.set(scenario.name, { scenario, results });
  }
  const shown = [...last.values()];
  const used = runs.filter((run) => shown.some(({ results }) => results === run));
  return [
    '# Benchmarks',
    '',
    'Written by `npm run bench -- --write-docs` from the results of',
    '',
    ...used.map(runText),
    '',
    'Cluster and load share the machine. Times are also given as multiples of what the machine itself',
    'took in the same run (×): these compare from machine to machine, milliseconds do not.',
    '',
    '## Targets',
    '',
    ...verdictTable(shown.flatMap(({ scenario }) => scenario.verdicts)),
    ...shown.flatMap(({ scenario, results }) => section(scenario, results)),
    '## Others, for comparison',
    '',
    'As published or as measured on a machine with 2 cores; not in this run, except where a table above',
    'says so.',
    '',
    ...table(['system', 'what', 'figure'], PEERS),
  ].join('\n');
}

function runText({ command, commit, startedAt, durationMs, machine, yardstick }: Results): string {
  const { processor, cores, system, node, redis, loadBefore } = machine;
  return (
    `- \`${command}\`, commit ${commit ?? 'unknown'}, ${startedAt.slice(0, 10)}, in ` +
    `${Math.round(durationMs / 1000)} s: ${cores} cores (${processor}), ${system}, Node ${node}, ` +
    `Redis ${redis}, load before the run ${loadBefore.toFixed(2)}; a Redis round trip took ` +
    `${figureText(yardstick.redisRoundTrip, 'µs')}, an Ed25519 check ` +
    `${figureText(yardstick.signatureCheck, 'µs')}`
  );
}

function section(scenario: ScenarioResult, { yardstick }: Results): string[] {
  const { title, columns, notes, charts } = scenario;
  return [
    `## ${title}`,
    '',
    ...table(columns.map(columnTitle), rowTexts(scenario, yardstick)),
    ...notes.map((note) => `- ${note}`),
    ...(notes.length === 0 ? [] : ['']),
    ...charts.flatMap((name) => [`![${title}](benchmarks/${name})`, '']),
  ];
}

function verdictTable(verdicts: readonly Verdict[]): string[] {
  return table(
    ['target', 'measured', 'limit', 'met'],
    verdicts.map(({ what, measured, sense, limit, unit, met }) => [
      what,
      figureText(measured, unit),
      `${sense} ${figureText(limit, unit)}`,
      met ? 'yes' : '**no**',
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line), ''];
}
