import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foreignText } from './foreign-text.js';

describe('text from outside', () => {
  it('I11: an amount does not read reversed: bidirectional controls are spelled out', () => {
    expect(foreignText('{"data":"pay \u202e001\u202c"}')).toBe(
      '{"data":"pay \\u{202e}001\\u{202c}"}',
    );
    for (const control of '\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069') {
      expect(foreignText(control)).toMatch(/^\\u\{[0-9a-f]+\}$/);
    }
  });

  it('I11, sibling: neither do control characters, half pairs, line ends or invisible ones hide', () => {
    expect(foreignText('a\u0000b\u001b[2J\r\n\u2028\u2029\u0085')).toBe(
      'a\\u{0}b\\u{1b}[2J\\r\\n\\u{2028}\\u{2029}\\u{85}',
    );
    expect(foreignText('\ud800x\udc00')).toBe('\\u{d800}x\\u{dc00}');
    expect(foreignText('\u200b\ufeff\u00ad\u3164\u{e0041}')).toBe(
      '\\u{200b}\\u{feff}\\u{ad}\\u{3164}\\u{e0041}',
    );
  });

  it('is as it is otherwise', () => {
    const usual = '{"data":"Grüße, 日本 😀 1,5 € – שלום"}';
    expect(foreignText(usual)).toBe(usual);
  });

  it('shows nothing that could act, whatever it is given', () => {
    const anything = fc
      .array(fc.integer({ min: 0, max: 0xffff }))
      .map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(anything, (text) => {
        expect(foreignText(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
        expect(foreignText(foreignText(text))).toBe(foreignText(text));
      }),
    );
  });
});
