import type { Choices, InvariantName, SourceEdit } from '@ccro/simulator';
import type { Engine, Finding, TaskResult } from './worker/messages.js';
import { WorkerProcess } from './worker/worker-process.js';

export interface SweepOptions {
  readonly firstSeed: number;
  readonly seeds: number;
  readonly jobs: number;
  readonly engine: Engine;
  readonly choices: Choices;
  readonly edits: readonly SourceEdit[];
  /** What is looked for: the sweep ends with the first of these. Without it, it looks for all. */
  readonly wanted?: readonly InvariantName[];
  /** Of the seeds the one that is tried before all others. */
  readonly likely?: number | undefined;
}

/**
 * Runs seeds on several workers at once.
 *
 * @param onResult sees each result as it comes, in no particular order
 * @returns the results with findings, ascending by seed; of a sweep that stops at the first one
 *   the lowest, and whatever else was found by then
 */
export async function sweep(
  options: SweepOptions,
  onResult: (result: TaskResult) => void,
): Promise<readonly TaskResult[]> {
  const { seeds, jobs, engine, choices, edits, wanted } = options;
  const found: TaskResult[] = [];
  const waiting = inOrder(options);
  const workers = await Promise.all(
    Array.from({ length: Math.min(jobs, seeds) }, () => WorkerProcess.start(edits)),
  );
  const work = async (worker: WorkerProcess): Promise<void> => {
    // Seeds are handed out in order, so none below one that was found is left out, but for a likely one.
    while (wanted === undefined || found.length === 0) {
      const { value: seed, done } = waiting.next();
      if (done === true) break;
      const result = await worker.run({ kind: 'task', seed, engine, choices });
      const counts = ({ invariant }: Finding): boolean => wanted?.includes(invariant) ?? true;
      if (result.findings.some(counts)) found.push(result);
      onResult(result);
    }
  };
  try {
    await Promise.all(workers.map(work));
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
  }
  return found.sort((a, b) => a.seed - b.seed);
}

function* inOrder({ firstSeed, seeds, likely }: SweepOptions): Generator<number, undefined> {
  const end = firstSeed + seeds;
  if (likely !== undefined && likely >= firstSeed && likely < end) yield likely;
  for (let seed = firstSeed; seed < end; seed += 1) if (seed !== likely) yield seed;
}

/** Runs one seed again, with a trace. */
export async function replay(
  seed: number,
  traceFile: string,
  { choices, edits }: Pick<SweepOptions, 'choices' | 'edits'>,
): Promise<TaskResult> {
  const worker = await WorkerProcess.start(edits);
  try {
    return await worker.run({ kind: 'task', seed, engine: 'runs', choices, traceFile });
  } finally {
    await worker.stop();
  }
}
