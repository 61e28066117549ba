import { describe, expect, it } from 'vitest';
import type { RatesPoint } from '../state/dashboard-state.js';
import { lonely, withGaps } from './gaps.js';

function point(atMs: number): RatesPoint {
  return {
    ...{ type: 'rates', accepted: 0, decided: 0, failed: 0, refused: 0, pending: 0 },
    ...{ consensusMs: null, atMs },
  };
}

describe('charts', () => {
  it('H10: a value without neighbours is marked: one sample is seen', () => {
    expect(lonely([7])).toEqual([0]);
    expect(lonely([null, 7, null, 3, 4, undefined, 0])).toEqual([1, 6]);
    expect(lonely([])).toEqual([]);
  });

  it('H10: no line leads over a time of which nothing was told', () => {
    const told = [point(1_000), point(2_000), point(60_000), point(61_100)];
    expect(withGaps(told).map(({ atMs }) => atMs)).toEqual([1_000, 2_000, 2_001, 60_000, 61_100]);
    expect(withGaps(told)[2]).toEqual({ atMs: 2_001 });
    expect(withGaps([])).toEqual([]);
  });
});
