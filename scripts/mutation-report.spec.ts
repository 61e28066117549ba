import { describe, expect, it } from 'vitest';
import { readMutants, scoreTable, sortOut, survivorLines } from './mutation-report.mjs';

const SOURCE = `export function isWeak(count: number, f: number): boolean {
  return count >
    f;
}
`;

const report = (...statuses: string[]) => ({
  files: {
    'libs/a/src/weak.ts': {
      source: SOURCE,
      mutants: statuses.map((status, index) => ({
        status,
        mutatorName: 'EqualityOperator',
        replacement: index === 0 ? 'count >= f' : `count < ${index}`,
        location: { start: { line: 2, column: 10 }, end: { line: 3, column: 6 } },
      })),
    },
  },
});

const entry = {
  file: 'libs/a/src/weak.ts',
  original: 'count > f',
  replacement: 'count >= f',
  reason: 'count is never f here',
};

describe('what a mutation report says', () => {
  it('gives each tested mutant with its place and its text in one line', () => {
    const mutants = readMutants(report('Survived', 'Killed', 'Ignored', 'NoCoverage', 'Timeout'));
    expect(mutants.map(({ survived }) => survived)).toEqual([true, false, true, false]);
    expect(mutants[0]).toMatchObject({ original: 'count > f', replacement: 'count >= f' });
    expect(survivorLines(mutants.slice(0, 1))).toEqual([
      'libs/a/src/weak.ts:2:10  count > f  ->  count >= f',
    ]);
  });

  it('does not count a survivor that is on the list', () => {
    const mutants = readMutants(report('Survived', 'Killed', 'Killed', 'Survived'));
    const { explained, unexplained, stale, score } = sortOut(mutants, [entry]);
    expect([explained.length, unexplained.length, stale.length]).toEqual([1, 1, 0]);
    expect(score).toBeCloseTo(200 / 3);
    expect(scoreTable(mutants, explained)).toMatch(/weak\.ts +4 +2 +1 +67 %/);
  });

  it('names an entry of the list that a test has made untrue', () => {
    const found = readMutants(report('Killed'));
    expect(sortOut(found, [entry]).stale).toEqual([entry]);
    expect(sortOut([], [entry]).stale).toEqual([]);
  });

  it('wants a reason for every entry', () => {
    expect(() => sortOut([], [{ ...entry, reason: '' }])).toThrow('gives no reason');
  });
});
