/** `npm run soak`: memory stays level, however many requests are decided. */

import { SingleBar } from 'cli-progress';
import { readSoakOptions } from './options/options.js';
import { runProgram, Workspace, writeFiles } from '@ccro/process-cluster';
import { requireWritable } from '@ccro/program';
import type { LoadCount } from './soak/load.js';
import { runSoak, type SoakResult } from './soak/run-soak.js';
import { judgeSoak, soakCharts, soakReport } from './soak/soak-report.js';
import { stripVTControlCharacters } from 'node:util';

const REFRESH_MS = 500;

const options = readSoakOptions(process.argv.slice(2));

await runProgram(async (quit) => {
  requireWritable([{ option: 'out', path: options.out, kind: 'directory' }]);
  const workspace = await Workspace.create('soak', options.keep);
  const progress = new SingleBar({
    format: '{bar} {value}/{total} requests | {duration_formatted}',
    hideCursor: true,
  });
  let refresh: NodeJS.Timeout | undefined;
  const onStarted = (count: LoadCount): void => {
    progress.start(options.requests, 0);
    refresh = setInterval(() => progress.update(count.decided), REFRESH_MS);
  };
  let hasFailed = true;
  try {
    const result = await runSoak(options, workspace.directory, onStarted, quit);
    progress.stop();
    const report = soakReport(options, result);
    process.stdout.write(`${report}\n`);
    hasFailed = judgeSoak(result).findings.length > 0;
    if (options.out !== undefined) await writeResult(options.out, result, report);
  } finally {
    clearInterval(refresh);
    progress.stop();
    const where = await workspace.leave(hasFailed && !quit.aborted, options.out);
    if (where !== undefined) process.stdout.write(`Logs of all processes: ${where}/logs\n`);
  }
  return hasFailed ? 1 : 0;
});

async function writeResult(directory: string, result: SoakResult, report: string): Promise<void> {
  const samples = result.samples.map((sample) => ({
    ...sample,
    memory: Object.fromEntries(sample.memory),
    stores: Object.fromEntries(sample.stores),
  }));
  await writeFiles(directory, {
    'samples.json': `${JSON.stringify(samples, null, 1)}\n`,
    'report.txt': `${stripVTControlCharacters(report)}\n`,
    ...soakCharts(result),
  });
}
