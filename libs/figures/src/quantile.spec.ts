import { expect, it } from 'vitest';
import { median, quantile } from './quantile.js';

it('takes the nearest rank', () => {
  const values = [5, 1, 4, 2, 3];
  expect([0, 0.2, 0.5, 0.95, 1].map((q) => quantile(values, q))).toEqual([1, 1, 3, 5, 5]);
  expect(median([7])).toBe(7);
  expect(quantile([], 0.5)).toBeNaN();
});
