import { describe, expect, it } from 'vitest';
import { polynomialFit } from './fit.js';

const SIZES = [4, 7, 16, 31, 61, 91];
const pointsOn = (curve: (x: number) => number): { x: number; y: number }[] =>
  SIZES.map((x) => ({ x, y: curve(x) }));

describe('a fit', () => {
  it('finds the line that points lie on', () => {
    const fit = polynomialFit(
      pointsOn((n) => 6 * n - 1),
      1,
    );
    expect(fit?.coefficients[0]).toBeCloseTo(-1, 6);
    expect(fit?.coefficients[1]).toBeCloseTo(6, 6);
    expect(fit?.r2).toBeCloseTo(1, 9);
  });

  it('finds the parabola that points lie on, and that they lie on no line', () => {
    const points = pointsOn((n) => 2 * n * n + 2 * n + 1);
    const fit = polynomialFit(points, 2);
    expect(fit?.coefficients.map((each) => Math.round(each * 1e6) / 1e6)).toEqual([1, 2, 2]);
    expect(fit?.r2).toBeCloseTo(1, 9);
    expect(polynomialFit(points, 1)?.r2).toBeLessThan(0.98);
  });

  it('needs as many sizes as it has coefficients', () => {
    expect(polynomialFit([{ x: 4, y: 1 }], 1)).toBeUndefined();
    const twice = [
      { x: 4, y: 1 },
      { x: 4, y: 3 },
    ];
    expect(polynomialFit(twice, 1)).toBeUndefined();
  });
});
