import { describe, expect, it } from 'vitest';
import { flatnessOf, growthOf } from './flatness.js';

const MB = 1024 * 1024;
const series = (count: number, value: (index: number) => number): number[] =>
  Array.from({ length: count }, (_, index) => value(index) * MB);

describe('memory', () => {
  it('is flat when it only warms up', () => {
    const values = series(40, (index) => (index < 10 ? 60 + 10 * index : 160 + (index % 7)));
    expect(flatnessOf(values)).toMatchObject({ isFlat: true });
  });

  it('is not flat when it grows on', () => {
    const growing = flatnessOf(series(40, (index) => 100 + index));
    expect(growing).toMatchObject({
      isFlat: false,
      secondQuarter: 114 * MB,
      lastQuarter: 134 * MB,
    });
  });

  it('may grow by a tenth or 15 MB, whichever is more', () => {
    const step = (low: number, high: number): boolean | undefined =>
      flatnessOf(series(40, (index) => (index < 20 ? low : high)))?.isFlat;
    expect([step(50, 65), step(50, 66), step(400, 440), step(400, 441)]).toEqual([
      ...[true, false],
      ...[true, false],
    ]);
  });

  it('is not judged by a handful of samples', () => {
    expect(flatnessOf(series(11, () => 1))).toBeUndefined();
    expect(flatnessOf(series(12, () => 1))).toBeDefined();
  });
});

describe('a store', () => {
  const sizes = (bytes: (decided: number) => number) =>
    Array.from({ length: 11 }, (_, index) => index * 100_000).map((decided) => ({
      decided,
      bytes: bytes(decided),
    }));

  it('is bounded when each request costs the same', () => {
    expect(growthOf(sizes((decided) => 5 * MB + decided * 500))).toMatchObject({
      firstHalf: 500,
      secondHalf: 500,
      isBounded: true,
    });
  });

  it('is not bounded when each request costs more than the one before', () => {
    expect(growthOf(sizes((decided) => decided ** 2 / 1_000))).toMatchObject({ isBounded: false });
  });

  it('has no growth without decisions', () => {
    expect(growthOf([])).toBeUndefined();
    expect(growthOf([{ bytes: 1, decided: 0 }])).toBeUndefined();
  });
});
