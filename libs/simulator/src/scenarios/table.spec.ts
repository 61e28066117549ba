/** The tables of `docs/TESTING.md`: every scenario has a test, and it is where the table says. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const TABLE = new URL('../../../../docs/TESTING.md', import.meta.url);
const SCENARIOS = Array.from({ length: 73 }, (_, index) => index + 1);
/** Those that must also run on real processes and a real Redis. */
const REAL = [
  ...[1, 2, 12, 14, 24, 25, 26, 27, 49, 50, 51, 53, 54],
  ...[55, 57, 58, 59, 60, 62, 63, 66, 67, 71],
];
interface NamedTest {
  /** Beside the table. */
  readonly path: string;
  readonly name: string;
}

interface Row {
  readonly number: number;
  readonly scenario: string;
  readonly tests: readonly NamedTest[];
  /** On real processes and Redis. */
  readonly real: readonly NamedTest[];
}

function testsIn(cell: string): NamedTest[] {
  return [...cell.matchAll(/\]\(([^)]+)\) `([^`]+)`/g)].map(([, path = '', name = '']) => ({
    path,
    name,
  }));
}

function rowsOf(markdown: string): Row[] {
  return [...markdown.matchAll(/^\| *(\d+) *\|(.*)\|$/gm)].map(([, number, rest = '']) => {
    const [scenario = '', tests = '', real = ''] = rest.split(' | ');
    return {
      number: Number(number),
      scenario: scenario.trim(),
      tests: testsIn(tests),
      real: testsIn(real),
    };
  });
}

const markdown = readFileSync(TABLE, 'utf8');
const rows = rowsOf(markdown);

function sourceOf({ path }: NamedTest): string | undefined {
  const file = new URL(path, TABLE);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Whether a test is called that, as a whole. */
function isNamed(source: string, name: string): boolean {
  return [`'${name}'`, `"${name}"`, `\`${name}\``].some((quoted) => source.includes(quoted));
}

describe('the table of scenarios', () => {
  it('has each of the 73 once, in order', () => {
    expect(rows.map(({ number }) => number)).toEqual(SCENARIOS);
  });

  it.each(rows)('$number: $scenario: its tests are there', ({ number, tests, real }) => {
    expect(tests.length).toBeGreaterThan(0);
    for (const test of [...tests, ...real]) {
      const source = sourceOf(test);
      const found = source !== undefined && isNamed(source, test.name);
      expect({ ...test, found }).toEqual({ ...test, found: true });
    }
    const ofItsOwn = tests.filter(({ name }) => name.startsWith(`${number}: `));
    const elsewhere = tests.every(({ path }) => !path.includes('/scenarios/'));
    expect({ number, ofItsOwn: ofItsOwn.length > 0 || elsewhere }).toEqual({
      number,
      ofItsOwn: true,
    });
  });

  it('has a test on real processes for each that is marked R', () => {
    const marked = rows.filter(({ scenario }) => scenario.endsWith('(R)'));
    expect(marked.map(({ number }) => number)).toEqual(REAL);
    for (const { number, real } of marked) {
      const endToEnd = real.filter(({ path }) => path.endsWith('.e2e.spec.ts'));
      expect({ number, isReal: endToEnd.length > 0 }).toEqual({ number, isReal: true });
    }
  });
});

describe('docs/TESTING.md', () => {
  it('has every end-to-end spec', () => {
    const specs = ['apps', 'examples', 'libs', 'scripts'].flatMap((directory) =>
      readdirSync(new URL(`../${directory}`, TABLE), { recursive: true })
        .map((path) => `${directory}/${String(path)}`)
        .filter((path) => path.endsWith('.e2e.spec.ts') && !path.includes('node_modules')),
    );
    expect(specs.length).toBeGreaterThan(30);
    expect(specs.filter((path) => !markdown.includes(`](../${path})`))).toEqual([]);
  });
});

describe('the table of faults that were found', () => {
  const faults = [...markdown.matchAll(/^\| ([A-IM]\d+)(?:, sibling)? \|(.*)\|$/gm)].map(
    ([, id = '', rest = '']) => ({
      id,
      paths: [...rest.matchAll(/\]\((\.\.\/[^)]+)\)/g)].map(([, path = '']) => path),
    }),
  );

  it('has rows', () => {
    expect(faults.length).toBeGreaterThan(100);
  });

  it.each(faults)('$id: each of its specs has a test whose title names it', ({ id, paths }) => {
    expect(paths).not.toEqual([]);
    const titles = new RegExp(`['"\`][^'"\`\\n:]{0,40}\\b${id}\\b[^'"\`\\n]*:`);
    const nameless = paths.filter(
      (path) => !titles.test(readFileSync(new URL(path, TABLE), 'utf8')),
    );
    expect(nameless).toEqual([]);
  });
});
