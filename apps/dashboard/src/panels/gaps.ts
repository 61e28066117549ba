import type { RatesPoint } from '../state/dashboard-state.js';

/** The gateway tells its rates every second: after so long something is missing. */
const GAP_MS = 2_500;

/** With a moment alone where nothing was told: no line leads over it. */
export function withGaps(points: readonly RatesPoint[]): (RatesPoint | { atMs: number })[] {
  return points.flatMap((point, index) => {
    const before = points[index - 1]?.atMs ?? point.atMs;
    return point.atMs - before > GAP_MS ? [{ atMs: before + 1 }, point] : [point];
  });
}

/** Where values have no neighbour: no line leads to them, so that they would not be seen. */
export function lonely(values: readonly (number | null | undefined)[]): number[] {
  const isValue = (at: number): boolean => typeof values[at] === 'number';
  return [...values.keys()].filter((at) => isValue(at) && !isValue(at - 1) && !isValue(at + 1));
}
