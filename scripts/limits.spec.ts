/**
 * The table of docs/LIMITS.md against the code: every limit is in it, with the value that the code
 * has, in the file that keeps it.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TABLE = 'docs/LIMITS.md';
/** Where what comes from outside is received, held, stored and answered. */
const LIMITED = [
  ...['broker', 'client', 'cluster-config', 'consensus', 'crypto', 'http', 'receipt', 'runner'],
  ...['state-machine', 'storage', 'strict-json', 'telemetry', 'transport', 'wire'],
]
  .map((lib) => `libs/${lib}`)
  .concat('apps/node', 'apps/gateway');
/** What a limit is called: `MAX_PARTS`, `REPORT_LIMITS`, `CAPACITY`. */
const IS_LIMIT = /^(MAX|MOST)_|_LIMITS?$|^LIMITS?$|CAPACITY$|BUDGET$/;
/** A text without this has none, and need not be parsed. */
const MAY_HAVE_LIMITS = /const \w*(MAX|MOST|LIMIT|CAPACITY|BUDGET|DEFAULT)/;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['Ki', 2 ** 10],
  ['Mi', 2 ** 20],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['ms', 1],
  ['s', 1000],
]);

interface Row {
  readonly name: string;
  readonly value: string;
  readonly file: string;
}

/** Lines such as: | `MAX_PARTS` | 4 Ki | parts | what it guards | [file.ts](../libs/x/src/file.ts) | */
function rowsOf(markdown: string): Row[] {
  const row = /^\| `([\w.-]+)` \| ([^|]+?) \| [^|]+ \| .+ \| \[[^\]]+\]\(\.\.\/([^)]+)\) \|$/gm;
  return [...markdown.matchAll(row)].map(([, name = '', value = '', file = '']) => ({
    name,
    value,
    file,
  }));
}

/** What a value in the table stands for; NaN for one that cannot be read. */
function numberOf(value: string): number {
  const [, digits = '', unit = ''] = /^(\d[\d,.]*) ?(Ki|Mi|KiB|MiB|ms|s|)$/.exec(value) ?? [];
  return digits === '' ? NaN : Number(digits.replaceAll(',', '')) * (UNITS.get(unit) ?? NaN);
}

/** Constants of a file that are numbers, and the numbers in constants that are objects. */
class Constants {
  private static readonly files = new Map<string, Constants>();
  private readonly initializers = new Map<string, ts.Expression>();

  private constructor(file: string) {
    const text = readFileSync(join(ROOT, file), 'utf8');
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest);
    for (const statement of source.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (!ts.isIdentifier(name) || initializer === undefined) continue;
        this.initializers.set(name.text, initializer);
      }
    }
  }

  static of(file: string): Constants {
    const known = Constants.files.get(file) ?? new Constants(file);
    Constants.files.set(file, known);
    return known;
  }

  /** Names of limits: `MAX_PARTS`, and `REPORT_LIMITS.messages` for each number of an object. */
  limits(): string[] {
    return [...this.initializers].flatMap(([name, initializer]) => {
      if (!IS_LIMIT.test(name)) return [];
      const value = unwrapped(initializer);
      if (!ts.isObjectLiteralExpression(value)) return Number.isNaN(this.value(name)) ? [] : [name];
      return value.properties
        .map((property) => `${name}.${textOf(property.name)}`)
        .filter((each) => !Number.isNaN(this.value(each)));
    });
  }

  /** NaN for what is no number. */
  value(path: string): number {
    const [name = '', ...properties] = path.split('.');
    const initializer = this.initializers.get(name);
    return initializer === undefined ? NaN : this.evaluate(initializer, properties);
  }

  private evaluate(expression: ts.Expression, properties: readonly string[] = []): number {
    const value = unwrapped(expression);
    const [property, ...rest] = properties;
    if (ts.isObjectLiteralExpression(value)) {
      const found = value.properties.find((each) => textOf(each.name) === property);
      const isGiven = found !== undefined && ts.isPropertyAssignment(found);
      return isGiven ? this.evaluate(found.initializer, rest) : NaN;
    }
    if (ts.isNumericLiteral(value)) return Number(value.text);
    if (ts.isIdentifier(value)) return this.named(value.text);
    if (!ts.isBinaryExpression(value)) return NaN;
    const [left, right] = [this.evaluate(value.left), this.evaluate(value.right)];
    switch (value.operatorToken.kind) {
      case ts.SyntaxKind.AsteriskToken:
        return left * right;
      case ts.SyntaxKind.AsteriskAsteriskToken:
        return left ** right;
      case ts.SyntaxKind.PlusToken:
        return left + right;
      case ts.SyntaxKind.MinusToken:
        return left - right;
      case ts.SyntaxKind.SlashToken:
        return left / right;
      default:
        return NaN;
    }
  }

  /** Of this file, or of the one that has the only constant of this name. */
  private named(name: string): number {
    if (this.initializers.has(name)) return this.value(name);
    const holders = sources().filter((file) => Constants.of(file).initializers.has(name));
    const [holder, ...others] = holders;
    return holder === undefined || others.length > 0 ? NaN : Constants.of(holder).value(name);
  }
}

function textOf(name: ts.PropertyName | undefined): string {
  return name !== undefined && (ts.isIdentifier(name) || ts.isStringLiteral(name)) ? name.text : '';
}

/** Without `as const`, `satisfies …`, brackets and `Object.freeze`. */
function unwrapped(expression: ts.Expression): ts.Expression {
  const isWrapper =
    ts.isAsExpression(expression) ||
    ts.isSatisfiesExpression(expression) ||
    ts.isParenthesizedExpression(expression);
  return isWrapper ? unwrapped(expression.expression) : expression;
}

let listed: readonly string[] | undefined;

function sources(): readonly string[] {
  listed ??= LIMITED.flatMap((part) =>
    readdirSync(join(ROOT, part, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !/\.(spec|contract|testkit)\.ts$/.test(file))
      .map((file) => `${part}/src/${file}`)
      .filter((file) => MAY_HAVE_LIMITS.test(readFileSync(join(ROOT, file), 'utf8')))
      .sort(),
  );
  return listed;
}

/** A row to be added, all but what only its author knows. */
function rowFor(file: string, name: string): string {
  const value = Constants.of(file).value(name);
  const isText = /BYTES|CHARACTERS/.test(name);
  const scales = [
    ['Mi', 2 ** 20],
    ['Ki', 2 ** 10],
    ['', 1],
  ] as const;
  const [unit, factor] = scales.find(([, each]) => isText && value % each === 0) ?? ['', 1];
  const spelt =
    `${value / factor} ${unit !== '' && name.includes('BYTES') ? `${unit}B` : unit}`.trim();
  return `| \`${name}\` | ${spelt} | UNIT | WHAT IT GUARDS | [${file.split('/').at(-1)}](../${file}) |`;
}

describe('the table of limits', () => {
  const rows = rowsOf(readFileSync(join(ROOT, TABLE), 'utf8'));

  it('A2: lists every limit of the code', () => {
    const known = new Set(rows.map(({ name, file }) => `${file} ${name}`));
    const missing = sources().flatMap((file) =>
      Constants.of(file)
        .limits()
        .filter((name) => !known.has(`${file} ${name}`))
        .map((name) => rowFor(file, name)),
    );
    const advice = `add to ${TABLE}, with unit and what is guarded:\n${missing.join('\n')}`;
    expect(missing.length === 0 ? 'nothing' : advice).toBe('nothing');
  });

  it.each(rows)('A2: $name of $file is $value', ({ name, value, file }) => {
    const inCode = sources().includes(file) ? Constants.of(file).value(name) : NaN;
    // NaN: the file has no such number; else the table has another value. Correct or remove the row.
    expect({ table: TABLE, value: numberOf(value) }).toEqual({ table: TABLE, value: inCode });
    expect(inCode).not.toBeNaN();
  });

  it('reads what it compares', () => {
    expect(rows.length).toBeGreaterThan(40);
    expect(['4 MiB', '128 Ki', '16,384', '0.5', '30 s', '5000 ms', 'many'].map(numberOf)).toEqual([
      4_194_304,
      131_072,
      16_384,
      0.5,
      30_000,
      5000,
      NaN,
    ]);
    const config = Constants.of('libs/consensus/src/model/config.ts');
    expect(config.value('DEFAULT_REPLICA_CONFIG.stragglerWaitMs.max')).toBe(6);
    expect(config.value('DEFAULT_REPLICA_CONFIG.clusterSize')).toBeNaN();
  });
});
