import { expect, it } from 'vitest';
import { cellsOf, LIMITS, planOf } from './plan.js';
import type { ExperimentRow } from './row.js';
import { runCells, type CellMeasurer } from './run-cells.js';

it('an experiment ends when its time is used up, also by cells of an earlier run', async () => {
  const cells = cellsOf(planOf({ nodes: [4, 7] }));
  const [first] = cells;
  if (first === undefined) throw new Error('a plan has cells');
  const elapsedMs = LIMITS.experimentSeconds * 1000 + 1;
  const done: ExperimentRow[] = [{ ...first, elapsedMs, outcome: 'failed', reason: 'slow' }];
  const measurer: CellMeasurer = {
    measure: () => Promise.reject(new Error('nothing more is measured')),
    close: () => Promise.resolve(),
  };
  const ended = runCells({
    cells,
    done,
    measurer,
    signal: new AbortController().signal,
    onCell: () => undefined,
    onRow: () => undefined,
  });
  await expect(ended).rejects.toThrow('longer than 120 minutes: ask for fewer cells');
});
