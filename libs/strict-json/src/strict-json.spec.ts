import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExactNumber, MAX_JSON_DEPTH, parseStrictJson, StrictJsonError } from './strict-json.js';
import { parseStrictJsonBytes } from './strict-json-bytes.js';

function refusalOf(read: () => unknown): StrictJsonError {
  try {
    read();
  } catch (error) {
    if (error instanceof StrictJsonError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

/** The exact value of a decimal number, as a fraction that is not reduced. */
function fractionOf(literal: string): readonly [bigint, bigint] {
  const [mantissa = '', power = '0'] = literal.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const exponent = Number(power) - fraction.length;
  const digits = BigInt(`${whole}${fraction}`);
  return exponent >= 0
    ? [digits * 10n ** BigInt(exponent), 1n]
    : [digits, 10n ** BigInt(-exponent)];
}

const digits = (maxLength: number) => fc.stringMatching(new RegExp(`^\\d{1,${maxLength}}$`));

/** A number as JSON may spell it. */
const literals = fc
  .tuple(
    fc.boolean(),
    digits(22).map((text) => text.replace(/^0+(?=\d)/, '')),
    fc.option(digits(22)),
    fc.option(fc.tuple(fc.constantFrom('e', 'E', 'e+', 'e-'), fc.integer({ min: 0, max: 340 }))),
  )
  .map(([negative, whole, fraction, exponent]) =>
    [
      negative ? '-' : '',
      whole,
      fraction === null ? '' : `.${fraction}`,
      exponent === null ? '' : exponent.join(''),
    ].join(''),
  );

const anyText = fc.string({
  unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)),
});

describe('numbers', () => {
  it.each([
    '0',
    '1',
    '-1',
    '1.0',
    '1e3',
    '0.1',
    '1E-7',
    '9007199254740991',
    '0e999999999999',
    '0.0',
  ])('B1: %s is kept', (literal) => {
    expect(isExactNumber(literal)).toBe(true);
    expect(parseStrictJson(`{"data":${literal}}`)).toEqual({ data: Number(literal) });
  });

  it.each([
    ['1e400', 'beyond the numbers there are'],
    ['-1e400', 'beyond the numbers there are'],
    ['9007199254740993', 'would become 9007199254740992'],
    ['0.1000000000000000055', 'would become 0.1'],
    ['1e-400', 'would become 0'],
    ['-0', 'would become 0'],
    ['-0.0e5', 'would become 0'],
    ['1e99999999999999999999', 'beyond the numbers there are'],
    ['4.9406564584124654e-324', 'would become 5e-324'],
  ])('B1: %s is refused, with its place', (literal, why) => {
    const { code, issues } = refusalOf(() => parseStrictJson(`{"data":[1,{"a b":${literal}}]}`));
    expect(code).toBe('unkept');
    expect(issues).toEqual([
      { path: ['data', 1, 'a b'], message: expect.stringContaining(why) as string },
    ]);
  });

  it('B1, sibling: a number of any spelling is kept exactly if its decimal value is', () => {
    fc.assert(
      fc.property(literals, (literal) => {
        const value = Number(literal);
        if (!Number.isFinite(value) || Object.is(value, -0)) {
          expect(isExactNumber(literal)).toBe(false);
          return;
        }
        const [given, kept] = [literal, String(value)].map((text) =>
          fractionOf(text.replace('-', text.startsWith('-') ? '' : '-')),
        );
        const isEqual = given![0] * kept![1] === kept![0] * given![1];
        expect(isExactNumber(literal)).toBe(isEqual);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('keys and texts', () => {
  it('B1: a key that is given twice is refused, wherever it is', () => {
    const { issues } = refusalOf(() =>
      parseStrictJson('{"a":1,"b":[{"c":1,"\\u0063":2}],"a":2,"x":{"a":3}}'),
    );
    expect(issues).toEqual([
      { path: ['b', 0, 'c'], message: 'the key is given twice' },
      { path: ['a'], message: 'the key is given twice' },
    ]);
  });

  it('B4: keys named like parts of objects are keys like any other', () => {
    const text = '{"__proto__":{"a":1},"constructor":1,"toString":null}';
    const value = parseStrictJson(text);
    expect(JSON.stringify(value)).toBe(text);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(refusalOf(() => parseStrictJson('{"__proto__":1,"__proto__":1}')).code).toBe('unkept');
  });

  it.each(['{"d":"\\ud800"}', '{"d":"a\\uDFFFb"}', '{"d":"\\udc00\\ud800"}'])(
    'B2: a lone surrogate is refused: %s',
    (text) => {
      expect(refusalOf(() => parseStrictJson(text)).issues[0]?.path).toEqual(['d']);
    },
  );

  it('B2: a lone surrogate in a key is refused, a pair is not', () => {
    expect(refusalOf(() => parseStrictJson('{"\\ud800":1}')).code).toBe('unkept');
    expect(parseStrictJson('{"\\ud83d\\ude00":"\\u00e9"}')).toEqual({ '😀': 'é' });
  });

  it('B2: bytes that are no UTF-8 are refused, with the text that holds them', () => {
    const bytes = (text: string) => Buffer.from(text, 'latin1');
    const { code, issues } = refusalOf(() =>
      parseStrictJsonBytes(bytes('{"data":{"x":"caf\xc3\xa9","y":["caf\xe9"]}}')),
    );
    expect(code).toBe('malformed');
    expect(issues).toEqual([{ path: ['data', 'y', 0], message: 'not UTF-8' }]);
    for (const text of ['{"\xff":1}', '\xfe{}', '"\xed\xa0\x80"', '"\xc0\x80"', '"\xf0\x9f\x98']) {
      expect(refusalOf(() => parseStrictJsonBytes(bytes(text))).message).toContain('not UTF-8');
    }
  });

  it('B2, sibling: a byte order mark before the text is no part of it, one inside is kept', () => {
    const text = '{"d":"\ufeff"}';
    expect(parseStrictJsonBytes(Buffer.from(`\ufeff${text}`))).toEqual(JSON.parse(text));
    expect(refusalOf(() => parseStrictJsonBytes(Buffer.from(`\ufeff\ufeff${text}`))).code).toBe(
      'malformed',
    );
  });
});

describe('texts that are no JSON', () => {
  it.each([
    ['{"a":1,}', 'line 1, column 8'],
    ['{"a":\n01}', 'line 2'],
    ["{'a':1}", 'line 1, column 2'],
    ['{"a":1} x', 'line 1, column 9'],
    ['// a\n1', 'not valid JSON'],
    ['NaN', 'not valid JSON'],
    ['"\t"', 'not valid JSON'],
    ['', 'it is empty'],
    [' \n', 'it is empty'],
  ])('are refused, with where they go wrong: %j', (text, where) => {
    const { code, message } = refusalOf(() => parseStrictJson(text));
    expect(code).toBe('malformed');
    expect(message).toContain(where);
  });

  it('nest as deep as can be written again', () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(() => parseStrictJson(nested(MAX_JSON_DEPTH))).not.toThrow();
    for (const depth of [MAX_JSON_DEPTH + 1, 100_000]) {
      expect(refusalOf(() => parseStrictJson(nested(depth))).message).toContain('nests deeper');
      const broken = Buffer.from(`${nested(depth)}"\xff"`, 'latin1');
      expect(refusalOf(() => parseStrictJsonBytes(broken)).message).toContain('not UTF-8');
    }
  });
});

describe('against JSON.parse', () => {
  it('takes every value that can be written, however it is spaced', () => {
    const value = fc.json({ maxDepth: 5 }).map((text) => JSON.parse(text) as unknown);
    fc.assert(
      fc.property(value, fc.constantFrom('', ' ', '\t', '\n', '   '), (each, space) => {
        // What fast-check draws may have what cannot be kept.
        const text = JSON.stringify(each, null, space);
        if (/-0|\\ud[89a-f]|[\ud800-\udfff]/i.test(text)) return;
        expect(parseStrictJson(`${space}${text}${space}`)).toEqual(each);
      }),
      { numRuns: 1_000 },
    );
  });

  it('takes nothing else, and what it takes is written with the same value', () => {
    const base = '{"a":[1.50,-2e3,"\\u0041\\"\\\\\\n",true,null],"__proto__":{"b":""}}';
    const edits = fc.array(
      fc.tuple(
        fc.nat({ max: base.length }),
        fc.nat({ max: 3 }),
        anyText.map((t) => t.slice(0, 3)),
      ),
      { maxLength: 3 },
    );
    const texts = fc.oneof(
      anyText,
      edits.map((all) =>
        all.reduce(
          (text, [at, drop, put]) => text.slice(0, at) + put + text.slice(at + drop),
          base,
        ),
      ),
    );
    fc.assert(
      fc.property(texts, (text) => {
        let expected: unknown;
        let isJson = true;
        try {
          expected = JSON.parse(text);
        } catch {
          isJson = false;
        }
        let value: unknown;
        try {
          value = parseStrictJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(StrictJsonError);
          expect((error as StrictJsonError).code).toBe(isJson ? 'unkept' : 'malformed');
          return;
        }
        expect(isJson).toBe(true);
        expect(value).toEqual(expected);
        // What is written is read as the same again, and is written as it is.
        const written = JSON.stringify(value);
        expect(JSON.stringify(parseStrictJson(written))).toBe(written);
      }),
      { numRuns: 5_000 },
    );
  });
});
