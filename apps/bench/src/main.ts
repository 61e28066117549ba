/** `npm run bench`: what a decision takes, and how many there are in a second. */

import { runProgram, Workspace, writeFiles } from '@ccro/process-cluster';
import { requireWritable, writeAll } from '@ccro/program';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readBenchOptions } from './options/bench-options.js';
import { Progress } from './progress.js';
import { docsOf, readResults, writeDocs } from './result/docs-file.js';
import { machineText } from './result/format.js';
import { resultsCsv, resultsJson } from './result/result-files.js';
import type { BenchRun } from './result/results.js';
import { runBench } from './run-bench.js';

/** This file is dist/apps/bench/src/main.js. */
const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const RESULTS = join(ROOT, 'bench-results');

const options = readBenchOptions(process.argv.slice(2));

await runProgram(async (quit) => {
  if (options.from !== undefined) {
    say(await writeDocs(ROOT, await Promise.all(options.from.map(readResults))));
    return 0;
  }
  requireWritable([
    { option: 'out', path: options.out ?? RESULTS, kind: 'directory' },
    { option: 'write-docs', path: options.writeDocs ? docsOf(ROOT) : undefined, kind: 'directory' },
  ]);
  const run = await measure(quit);
  say(machineText(run.results));
  await writeAll([
    () => writeResults(run),
    async () => {
      if (options.writeDocs) say(await writeDocs(ROOT, [run]));
    },
  ]);
  return 0;
});

async function writeResults(run: BenchRun): Promise<void> {
  const directory = options.out ?? freshDirectory(run);
  await writeFiles(directory, {
    'results.json': resultsJson(run.results),
    'results.csv': resultsCsv(run.results),
    ...run.charts,
  });
  say(`Results: ${directory}`);
}

async function measure(quit: AbortSignal): Promise<BenchRun> {
  const workspace = await Workspace.create('bench', options.keep);
  const progress = new Progress();
  try {
    const places = { directory: workspace.directory, root: ROOT };
    return await runBench(options, places, progress, quit);
  } finally {
    progress.stop();
    const left = await workspace.clear(false);
    if (left !== undefined) say(`Working directory: ${left}`);
  }
}

/** Named after the time at which the run began. */
function freshDirectory({ results }: BenchRun): string {
  return join(RESULTS, results.startedAt.replaceAll(/[:.]/g, '-'));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
