/** `npm run chaos`: what users were told must hold, whatever happens to the processes. */

import { hasPassed } from './checks/check.js';
import { readChaosOptions } from './options/options.js';
import { runProgram, Workspace, writeFiles } from '@ccro/process-cluster';
import { requireWritable } from '@ccro/program';
import {
  commandLine,
  markdownReport,
  overLine,
  injectedLine,
  terminalReport,
  timelineJson,
} from './report/chaos-report.js';
import { Progress } from './report/progress.js';
import { runChaos, type ChaosListener, type ChaosResult } from './run-chaos.js';

const options = readChaosOptions(process.argv.slice(2));

await runProgram(async (quit) => {
  requireWritable([{ option: 'out', path: options.out, kind: 'directory' }]);
  const progress = new Progress(Math.round(options.minutes * 60));
  const workspace = await Workspace.create('chaos', options.keep);
  progress.say(commandLine(options));
  let hasFailed = true;
  try {
    const result = await runChaos(options, workspace.directory, shownOn(progress), quit);
    progress.stop();
    process.stdout.write(`${terminalReport(options, result)}\n`);
    hasFailed = !result.checks.every(hasPassed);
    if (options.out !== undefined) await writeResult(options.out, result);
  } finally {
    progress.stop();
    const where = await workspace.leave(hasFailed && !quit.aborted, options.out);
    if (where !== undefined) process.stdout.write(`Logs of all processes: ${where}/logs\n`);
  }
  return hasFailed ? 1 : 0;
});

function shownOn(progress: Progress): ChaosListener {
  return {
    onStarted: (history) => progress.start(history),
    onInjected: (incident) => progress.say(injectedLine(incident)),
    onOver: (incident) => progress.say(overLine(incident)),
    onFinding: (text) => progress.say(`NOT RIGHT: ${text}`),
    onPhase: (phase) => progress.setPhase(phase),
  };
}

async function writeResult(directory: string, result: ChaosResult): Promise<void> {
  await writeFiles(directory, {
    'history.jsonl': result.history.toJsonLines(),
    'timeline.json': timelineJson(options, result),
    'report.md': markdownReport(options, result),
  });
}
