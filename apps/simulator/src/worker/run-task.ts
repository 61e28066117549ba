import {
  drawSchedule,
  exploreReproposals,
  NO_STATISTICS,
  rememberSignatures,
  runSchedule,
  Trace,
  type Violation,
} from '@ccro/simulator';
import { writeFileSync } from 'node:fs';
import type { Finding, Task, TaskResult, TraceSummary } from './messages.js';

const LAST_LINES = 60;

rememberSignatures();

/** Runs what a task asks for. */
export async function runTask(task: Task): Promise<TaskResult> {
  const before = process.cpuUsage();
  const result = task.engine === 'runs' ? await simulate(task) : explore(task);
  const { user, system } = process.cpuUsage(before);
  return { ...result, cpuMs: (user + system) / 1000 };
}

type Outcome = Omit<TaskResult, 'cpuMs'>;

async function simulate({ seed, choices, traceFile }: Task): Promise<Outcome> {
  const trace = traceFile === undefined ? undefined : new Trace();
  const schedule = drawSchedule(seed, choices);
  const { violations, endedMs, statistics } = await runSchedule(schedule, trace);
  const summary = trace && traceFile ? written(trace, traceFile) : undefined;
  return {
    kind: 'result',
    seed,
    cluster: `${schedule.mode}, ${schedule.nodes} nodes`,
    findings: violations.map(findingOf),
    endedMs,
    statistics,
    ...(summary === undefined ? {} : { trace: summary }),
  };
}

function written(trace: Trace, file: string): TraceSummary {
  const { lines, hash } = trace;
  writeFileSync(file, `${lines.join('\n')}\n`);
  return { hash, lines: lines.length, last: lines.slice(-LAST_LINES) };
}

function explore({ seed }: Task): Outcome {
  const { violations, decided } = exploreReproposals(seed);
  return {
    kind: 'result',
    seed,
    cluster: 'one slot, many times',
    findings: violations.map(findingOf),
    endedMs: 0,
    statistics: { ...NO_STATISTICS, slots: decided },
  };
}

function findingOf({ invariant, detail }: Violation): Finding {
  return { invariant, detail };
}
