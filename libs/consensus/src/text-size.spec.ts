import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonBytes, utf8Bytes } from './text-size.js';

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

  it('are those of their JSON in UTF-8', () => {
    fc.assert(
      fc.property(fc.oneof(text, units), (given) => {
        expect(jsonBytes(given)).toBe(Buffer.byteLength(JSON.stringify(given)) - 2);
      }),
    );
  });
});
