/** Measures cell after cell, wherever that happens. */

import { Quit } from '@ccro/clock';
import { LIMITS, type Cell } from './plan.js';
import type { CellFigures, ExperimentRow } from './row.js';

/** Measures one cell at a time. */
export interface CellMeasurer {
  /**
   * Nothing of the cell goes on once this has settled.
   *
   * @throws Quit when `signal` aborts, CellFailure when the cell has no figures
   */
  measure(cell: Cell, signal: AbortSignal): Promise<CellFigures>;

  /** Gives up what it holds. */
  close(): Promise<void>;
}

/** A cell could not be measured; others may well be. */
export class CellFailure extends Error {
  override readonly name = 'CellFailure';
}

export interface CellRun {
  readonly cells: readonly Cell[];
  /** Rows of the first cells, measured earlier. */
  readonly done: readonly ExperimentRow[];
  readonly measurer: CellMeasurer;
  readonly signal: AbortSignal;
  /** Told of each cell as it begins. */
  readonly onCell: (cell: Cell) => void | Promise<void>;
  readonly onRow: (row: ExperimentRow) => void | Promise<void>;
}

/** What the experiment may take is used up. */
export class ExperimentOverdue extends Error {
  override readonly name = 'ExperimentOverdue';

  constructor() {
    super(`it took longer than ${LIMITS.experimentSeconds / 60} minutes: ask for fewer cells`);
  }
}

/**
 * Measures the cells that have no row yet.
 *
 * @throws Quit, ExperimentOverdue, or whatever keeps all cells from being measured
 */
export async function runCells(run: CellRun): Promise<void> {
  const { cells, done, measurer, signal, onCell, onRow } = run;
  let spentMs = done.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0);
  for (const cell of cells.slice(done.length)) {
    if (signal.aborted) throw new Quit();
    if (spentMs > LIMITS.experimentSeconds * 1000) throw new ExperimentOverdue();
    await onCell(cell);
    const row = await rowOf(cell, measurer, signal);
    spentMs += row.elapsedMs;
    await onRow(row);
  }
}

async function rowOf(
  cell: Cell,
  measurer: CellMeasurer,
  signal: AbortSignal,
): Promise<ExperimentRow> {
  const startedMs = performance.now();
  const elapsedMs = (): number => Math.round(performance.now() - startedMs);
  try {
    const figures = await measurer.measure(cell, signal);
    return { ...cell, elapsedMs: elapsedMs(), outcome: 'measured', figures };
  } catch (error) {
    if (!(error instanceof CellFailure)) throw error;
    return { ...cell, elapsedMs: elapsedMs(), outcome: 'failed', reason: error.message };
  }
}
