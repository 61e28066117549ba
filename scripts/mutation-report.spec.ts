import { describe, expect, it } from 'vitest';
import {
  patternOfMutant,
  readMutants,
  scoreTable,
  sortOut,
  survivorLines,
  withSecondRound,
} from './mutation-report.mjs';

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

  it('names the place of a mutant as Stryker takes it, columns from 0', () => {
    const [mutant] = readMutants(report('Survived'));
    if (mutant === undefined) throw new Error('no mutant');
    expect(patternOfMutant(mutant)).toBe('libs/a/src/weak.ts:2:9-3:5');
  });

  it('takes for killed in a second round only what was tested there, and not what died before', () => {
    const first = readMutants(report('Survived', 'Survived', 'Killed', 'Survived'));
    const again = readMutants(report('Survived', 'Killed', 'Survived'));
    const after = withSecondRound(first, again);
    expect(after.map(({ survived }) => survived)).toEqual([true, false, false, true]);
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
