/** Curves through measured points, by least squares. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Fit {
  /** Of 1, x, x², … */
  readonly coefficients: readonly number[];
  /** Part of the points' variation that the curve explains; 1 when all lie on it. */
  readonly r2: number;
}

/** @returns undefined for fewer different x than coefficients */
export function polynomialFit(points: readonly Point[], degree: 1 | 2): Fit | undefined {
  const size = degree + 1;
  if (new Set(points.map(({ x }) => x)).size < size) return undefined;
  const sumOf = (part: (point: Point) => number): number =>
    points.reduce((sum, point) => sum + part(point), 0);
  const rows = Array.from({ length: size }, (_, row) => [
    ...Array.from({ length: size }, (__, column) => sumOf(({ x }) => x ** (row + column))),
    sumOf(({ x, y }) => x ** row * y),
  ]);
  const coefficients = solve(rows);
  const at = (x: number): number =>
    coefficients.reduce((sum, coefficient, power) => sum + coefficient * x ** power, 0);
  const mean = sumOf(({ y }) => y) / points.length;
  const variation = sumOf(({ y }) => (y - mean) ** 2);
  const left = sumOf(({ x, y }) => (y - at(x)) ** 2);
  return { coefficients, r2: variation === 0 ? 1 : 1 - left / variation };
}

/**
 * Gauss and Jordan; each row is an equation with its right side last. Those of least squares are
 * positive definite: their rows need not be exchanged.
 */
function solve(equations: readonly (readonly number[])[]): number[] {
  const rows = equations.map((row) => [...row]);
  const cell = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let pivot = 0; pivot < rows.length; pivot += 1) {
    const scaled = (rows[pivot] ?? []).map((value) => value / cell(pivot, pivot));
    rows[pivot] = scaled;
    for (let row = 0; row < rows.length; row += 1) {
      const factor = cell(row, pivot);
      if (row === pivot) continue;
      rows[row] = (rows[row] ?? []).map((value, column) => value - factor * (scaled[column] ?? 0));
    }
  }
  return rows.map((row) => row.at(-1) ?? NaN);
}
