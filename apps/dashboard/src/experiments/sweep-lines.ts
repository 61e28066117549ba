import type { CellFigures, ExperimentRow } from '@ccro/experiment';

export interface SweepLine {
  readonly name: string;
  /** Undefined where nothing was measured; one for each of the sizes. */
  readonly values: readonly (number | undefined)[];
}

/** A line for each mode and fault against the number of nodes; `sizes` ascend. */
export function sweepLines(
  rows: readonly ExperimentRow[],
  of: (figures: CellFigures) => number,
): { readonly sizes: readonly number[]; readonly lines: readonly SweepLine[] } {
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
