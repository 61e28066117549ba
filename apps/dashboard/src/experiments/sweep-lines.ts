import type { ExperimentRow } from './experiments-api.js';

interface SweepLine {
  readonly name: string;
  /** Undefined where nothing was measured; one for each of the sizes. */
  readonly values: readonly (number | undefined)[];
}

export interface SweepLines {
  /** Numbers of nodes, ascending. */
  readonly sizes: readonly number[];
  readonly lines: readonly SweepLine[];
}

export type Figures = Extract<ExperimentRow, { outcome: 'measured' }>['figures'];

/** A line for each mode and fault against the number of nodes. */
export function sweepLines(
  rows: readonly ExperimentRow[],
  of: (figures: Figures) => number,
): SweepLines {
  const sizes = [...new Set(rows.map(({ nodes }) => nodes))].sort((a, b) => a - b);
  const lines = new Map<string, Map<number, number>>();
  for (const row of rows) {
    if (row.outcome !== 'measured') continue;
    const name = `${row.mode}, ${row.fault === 'none' ? 'no fault' : row.fault}`;
    const line = lines.get(name) ?? new Map<number, number>();
    lines.set(name, line.set(row.nodes, of(row.figures)));
  }
  return {
    sizes,
    lines: [...lines].map(([name, line]) => ({
      name,
      values: sizes.map((size) => line.get(size)),
    })),
  };
}
