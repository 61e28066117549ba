/** One run, from the yardstick to the last scenario. */

import { Quit } from '@ccro/clock';
import { execFile } from 'node:child_process';
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { commandLine, type BenchOptions, type ScenarioName } from './options/bench-options.js';
import type { Progress } from './progress.js';
import type { BenchRun, Machine, ScenarioResult } from './result/results.js';
import { abuseScenario } from './scenarios/abuse.js';
import { durabilityScenario } from './scenarios/durability.js';
import { faultsScenario } from './scenarios/faults.js';
import { latencyScenario } from './scenarios/latency.js';
import { memoryScenario } from './scenarios/memory.js';
import { overloadScenario } from './scenarios/overload.js';
import { recoveryScenario } from './scenarios/recovery.js';
import { scaleScenario } from './scenarios/scale.js';
import type { Bench, Scenario } from './scenarios/scenario.js';
import { throughputScenario } from './scenarios/throughput.js';
import { watchedScenario } from './scenarios/watched.js';
import { yardstickScenario } from './scenarios/yardstick.js';
import { measureYardstick } from './yardstick/measure-yardstick.js';

const SCENARIOS: Readonly<Record<ScenarioName, Scenario>> = {
  yardstick: yardstickScenario,
  latency: latencyScenario,
  throughput: throughputScenario,
  watched: watchedScenario,
  overload: overloadScenario,
  abuse: abuseScenario,
  recovery: recoveryScenario,
  scale: scaleScenario,
  faults: faultsScenario,
  durability: durabilityScenario,
  memory: memoryScenario,
};

/**
 * Measures what the options ask for. Nothing that was started is left when it returns or throws.
 *
 * @param directory for keys, stores and logs
 * @param root of the working copy, whose commit is recorded
 * @throws Quit when `quit` aborts, RedisServerError, StartFailure
 */
export async function runBench(
  options: BenchOptions,
  { directory, root }: { readonly directory: string; readonly root: string },
  progress: Progress,
  quit: AbortSignal,
): Promise<BenchRun> {
  const startedAt = new Date();
  // Before anything of the run is in it.
  const loadBefore = loadavg()[0] ?? 0;
  progress.onScenario('yardstick');
  const size = options.quick ? 'quick' : 'full';
  const { yardstick, redisVersion } = await measureYardstick(directory, size, quit);
  const scenarios: ScenarioResult[] = [];
  const charts: Record<string, string> = {};
  for (const name of new Set<ScenarioName>(['yardstick', ...options.scenarios])) {
    if (quit.aborted) throw new Quit();
    progress.onScenario(name);
    const bench: Bench = { options, size, yardstick, directory, quit, progress };
    const outcome = await SCENARIOS[name](bench);
    scenarios.push(outcome.result);
    Object.assign(charts, outcome.charts);
    progress.onResult(outcome.result, yardstick);
  }
  return {
    results: {
      command: commandLine(options),
      commit: await describeCommit(root),
      startedAt: startedAt.toISOString(),
      durationMs: Date.now() - startedAt.getTime(),
      quick: options.quick,
      machine: describeMachine(redisVersion, loadBefore),
      yardstick,
      scenarios,
    },
    charts,
  };
}

function describeMachine(redis: string, loadBefore: number): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    system: `${platform()} ${arch()} ${release()}`,
    node: process.versions.node,
    redis,
    loadBefore,
  };
}

/** The working copy's commit, with `+changes` when files differ from it; null without git. */
async function describeCommit(directory: string): Promise<string | null> {
  try {
    const git = async (...args: string[]): Promise<string> =>
      (await promisify(execFile)('git', args, { cwd: directory })).stdout.trim();
    const commit = await git('rev-parse', '--short=12', 'HEAD');
    const changes = await git('status', '--porcelain');
    return changes === '' ? commit : `${commit}+changes`;
  } catch {
    return null;
  }
}
