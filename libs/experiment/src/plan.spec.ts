import { describe, expect, it } from 'vitest';
import {
  CELL_FAULTS,
  cellName,
  cellsOf,
  LIMITS,
  planOf,
  planRequestSchema,
  type PlanRequest,
} from './plan.js';

function cells(request: PlanRequest): string[] {
  return cellsOf(planOf(planRequestSchema.parse(request))).map(cellName);
}

describe('a plan', () => {
  it('is every combination, small clusters first, each once', () => {
    expect(cells({ nodes: [7, 4, 7], fault: ['none', 'offline'], rounds: 1 })).toEqual([
      'pbft, n = 4, no fault',
      'ccro, n = 4, no fault',
      'pbft, n = 4, 1 offline',
      'ccro, n = 4, 1 offline',
      'pbft, n = 7, no fault',
      'ccro, n = 7, no fault',
      'pbft, n = 7, 2 offline',
      'ccro, n = 7, 2 offline',
    ]);
    const sizes = planOf({ byzantine: [30, 1], payloadBytes: [1000, 64] });
    expect(sizes).toEqual({
      mode: ['pbft', 'ccro'],
      sizes: [
        { nodes: 4, byzantine: 1 },
        { nodes: 91, byzantine: 30 },
      ],
      fault: ['none'],
      rounds: 3,
      payloadBytes: [64, 1000],
    });
    expect(cellsOf(sizes)).toHaveLength(8);
  });

  it("makes the seed's two tables of their name", () => {
    const plan = planOf({ preset: 'seed-tables', mode: 'ccro', rounds: 5 });
    expect(plan.sizes.map(({ byzantine }) => byzantine)).toEqual([1, 5, 10, 15, 20, 25, 30]);
    expect(plan).toMatchObject({ mode: ['ccro'], fault: ['offline', 'falsify'], rounds: 5 });
  });

  it('may be as large as it may, and no larger', () => {
    const hundred = Array.from({ length: LIMITS.byzantine.max }, (_, f) => f + 1);
    expect(cells({ byzantine: hundred })).toHaveLength(LIMITS.cells);
    expect(planOf({ byzantine: 100 }).sizes).toEqual([{ nodes: LIMITS.nodes.max, byzantine: 100 }]);
    const one = { byzantine: hundred, fault: ['none', 'delay'] } as const;
    const result = planRequestSchema.safeParse(one);
    expect(result.error?.issues[0]?.message).toBe('These are 400 cells; 200 are allowed');
  });

  it('I4, sibling: is counted before it is written out', () => {
    const numbers = (first: number, count: number): number[] =>
      Array.from({ length: count }, (_, index) => first + index);
    const cellsBefore = process.memoryUsage().heapUsed;
    const result = planRequestSchema.safeParse({
      nodes: numbers(LIMITS.nodes.min, 200),
      fault: [...CELL_FAULTS],
      payloadBytes: numbers(LIMITS.payloadBytes.min, 200),
    });
    const count = 2 * 200 * CELL_FAULTS.length * 200;
    expect(result.error?.issues[0]?.message).toBe(`These are ${count} cells; 200 are allowed`);
    // A cell takes 80 bytes at the least.
    expect(process.memoryUsage().heapUsed - cellsBefore).toBeLessThan(count * 20);
  });
});
