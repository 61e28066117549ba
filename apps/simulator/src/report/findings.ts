import colours from 'picocolors';
import type { TaskResult } from '../worker/messages.js';

/** Of a line of a trace; the file has all of it. */
const SHOWN_COLUMNS = 180;

/** A run in one line: which, and what was violated in it. */
export function findingLine({ seed, cluster, findings, endedMs }: TaskResult): string {
  const [first] = findings;
  if (first === undefined) return `seed ${seed} (${cluster}): ${colours.green('nothing violated')}`;
  const where = `seed ${seed} (${cluster}) after ${(endedMs / 1000).toFixed(3)} s`;
  return `${where}: ${colours.red(first.invariant)}: ${first.detail}`;
}

/** The end of a run's trace, and where all of it is. */
export function traceText({ trace }: TaskResult, file: string): string {
  if (trace === undefined) return '';
  const { hash, lines, last } = trace;
  const shown = last
    .map((line) => (line.length <= SHOWN_COLUMNS ? line : `${line.slice(0, SHOWN_COLUMNS - 3)}...`))
    .map((line) => (line.includes('VIOLATED') ? colours.red(line) : line));
  return [
    `The last ${last.length} of ${lines} lines; all are in ${file}:`,
    ...shown,
    `Trace: sha256 ${hash}`,
  ].join('\n');
}
