import type { ComparisonRow } from '../report/comparison-table.js';
import { comparisonTable } from '../report/comparison-table.js';
import type { DemoCase } from './cases.js';
import { runCase } from './run-case.js';

/** Where the demo writes: results to `print`, progress to `progress`. */
export interface DemoOutput {
  print(text: string): void;
  progress(line: string): void;
}

/**
 * Runs the cases one after another and prints one table.
 *
 * @returns the exit code: 0 only if everything decided was right and what had to be decided was
 */
export async function runDemo(cases: readonly DemoCase[], output: DemoOutput): Promise<number> {
  const rows: ComparisonRow[] = [];
  const failures: string[] = [];
  for (const [index, demoCase] of cases.entries()) {
    const name = `${demoCase.options.mode.toUpperCase()}, ${demoCase.scenario}`;
    output.progress(`[${index + 1}/${cases.length}] ${name} ...`);
    const outcome = await runCase(demoCase);
    rows.push(outcome.row);
    failures.push(...outcome.failures.map((failure) => `${name}: ${failure}`));
  }
  output.print(comparisonTable(rows));
  for (const failure of failures) output.print(`FAILED ${failure}`);
  output.print(
    failures.length === 0 ? 'Every decision was right.' : `${failures.length} failures.`,
  );
  return failures.length === 0 ? 0 : 1;
}
