import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableJson, printableLines } from './printable.js';

const ACTING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

describe('printable', () => {
  it('leaves words, accents, other scripts and pictures as they are', () => {
    for (const text of ['Zürich 7°', '数据', 'עברית', '🙂', 'a "b" \\ c']) {
      expect(printable(text)).toBe(text);
    }
  });

  it('I8: spells out new lines, escapes of terminals and bidirectional controls', () => {
    expect(printable('a\n[ccro] 1  - forged')).toBe('a\\n[ccro] 1  - forged');
    expect(printable('\u001b[2J\u009b31m')).toBe('\\u{1b}[2J\\u{9b}31m');
    expect(printable('to \u202egnp.exe\u2066')).toBe('to \\u{202e}gnp.exe\\u{2066}');
    expect(printable('a\u2028b\u2029c\u0085d\ud800')).toBe(
      'a\\u{2028}b\\u{2029}c\\u{85}d\\u{d800}',
    );
  });

  it('I8, sibling: nothing that acts is left of any text, and its length is bounded', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), fc.nat(100), (text, max) => {
        const shown = printable(text, max);
        expect(ACTING.test(shown)).toBe(false);
        expect(shown.length).toBeLessThanOrEqual(max + ' … (300 characters)'.length);
      }),
      { numRuns: 25 },
    );
  });

  it('does not cut a pair of surrogates into a half that it shows', () => {
    expect(printable('ab🙂', 3)).toBe('ab\\ … (4 characters)');
  });
});

describe('printableLines', () => {
  it('keeps lines apart, but none of them begins where a record begins', () => {
    const text = 'Error: one\n[ccro] 1  - forged\n    at somewhere\u001b[1m';
    expect(printableLines(text).split('\n')).toEqual([
      'Error: one',
      '    [ccro] 1  - forged',
      '    at somewhere\\u{1b}[1m',
    ]);
  });

  it('bounds the number of lines', () => {
    expect(printableLines('a\n'.repeat(1000), 3)).toBe('a\n    a\n    a\n    …');
  });
});

describe('printableJson', () => {
  it('I8, sibling: is the same value, and nothing in it acts on a terminal', () => {
    const text = fc.string({ unit: 'binary', maxLength: 100 });
    fc.assert(
      fc.property(text, text, (key, value) => {
        const json = printableJson({ [key]: [value] });
        expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ [key]: [value] })));
        expect(ACTING.test(json.replaceAll('\n', ''))).toBe(false);
      }),
      { numRuns: 25 },
    );
  });
});
