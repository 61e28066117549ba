import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8Bytes } from './text-size.js';

const text = fc.string({ unit: 'binary', maxLength: 40 });
/** Lone surrogates too. */
const units = fc
  .array(
    fc.constantFrom(0, 8, 10, 0x1f, 0x22, 0x5c, 0x7f, 0x80, 0x7ff, 0x800, 0xd83d, 0xde00, 0xffff),
  )
  .map((codes) => String.fromCharCode(...codes));

describe('sizes of texts', () => {
  it('are those of their UTF-8', () => {
    fc.assert(
      fc.property(fc.oneof(text, units), (given) => {
        expect(utf8Bytes(given)).toBe(Buffer.byteLength(given));
      }),
    );
  });

  it.each([
    ['the first pair', '\ud800\udc00', 4],
    ['the last pair', '\udbff\udfff', 4],
    ['a pair between others', 'a\ud83d\ude00\u00e9', 7],
    ['a first unit and what is no second one', '\ud800\ue000', 6],
    ['two first units', '\ud800\ud800', 6],
    ['two second units', '\udc00\udc00', 6],
    ['a first unit at the end', 'a\udbff', 4],
  ])('of %s are right', (_, given, bytes) => {
    expect(utf8Bytes(given)).toBe(bytes);
    expect(Buffer.byteLength(given)).toBe(bytes);
  });
});
