import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LayoutWriter, textBytes } from './byte-layout.js';

/** Around each number of bytes that a character may take, and around what counts as short. */
const CHARACTERS = ['\0', '\u007f', '\u0080', '\u07ff', '\u0800', '\uffff', '\u{1f600}'];
const LENGTHS = [0, 1, 2, 63, 64, 65, 200];

function written(text: string): Uint8Array {
  return new LayoutWriter(4 + textBytes(text)).text(text).finish();
}

function expected(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

describe('A text in a layout', () => {
  it.each(CHARACTERS)('is its length and its bytes in UTF-8: %j', (character) => {
    for (const length of LENGTHS) {
      for (const text of [
        character.repeat(length),
        `${'a'.repeat(length)}${character}`,
        `${character}${'a'.repeat(length)}`,
      ]) {
        expect(textBytes(text)).toBe(Buffer.byteLength(text, 'utf8'));
        expect(Buffer.from(written(text))).toEqual(expected(text));
      }
    }
  });

  it('is so whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        expect(Buffer.from(written(text))).toEqual(expected(text));
      }),
    );
  });
});

describe('A layout', () => {
  const finished = (size: number, write: (writer: LayoutWriter) => unknown): Buffer => {
    const writer = new LayoutWriter(size);
    write(writer);
    return Buffer.from(writer.finish());
  };

  it('has big-endian numbers of fixed width', () => {
    expect(finished(1, (writer) => writer.u8(255)).toString('hex')).toBe('ff');
    expect(finished(4, (writer) => writer.u32(0x01_02_03_04)).toString('hex')).toBe('01020304');
    expect(finished(4, (writer) => writer.u32(0xff_ff_ff_ff)).toString('hex')).toBe('ffffffff');
    const most = finished(8, (writer) => writer.u64(Number.MAX_SAFE_INTEGER));
    expect(most.readBigUInt64BE()).toBe(BigInt(Number.MAX_SAFE_INTEGER));
    expect(finished(8, (writer) => writer.u64(2 ** 32)).readBigUInt64BE()).toBe(2n ** 32n);
  });

  it.each([-1, 256])('refuses %d as a byte', (value) => {
    expect(() => new LayoutWriter(1).u8(value)).toThrow(RangeError);
  });

  it.each([-1, 2 ** 32, Number.NaN])('refuses %d in 32 bits', (value) => {
    expect(() => new LayoutWriter(4).u32(value)).toThrow(RangeError);
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN])('refuses %d in 64 bits', (value) => {
    expect(() => new LayoutWriter(8).u64(value)).toThrow(RangeError);
  });

  it('refuses what is no digest', () => {
    const write = (text: string) => (): unknown => new LayoutWriter(32).digest(text);
    expect(finished(32, (writer) => writer.digest('ab'.repeat(32)))).toEqual(
      Buffer.alloc(32, 0xab),
    );
    for (const text of ['ab'.repeat(31), 'ab'.repeat(33), 'xy'.repeat(32), '']) {
      expect(write(text)).toThrow(RangeError);
    }
  });

  it('has the first bytes of what it is given', () => {
    const bytes = Uint8Array.of(1, 2, 3);
    expect(finished(3, (writer) => writer.raw(bytes))).toEqual(Buffer.from(bytes));
    expect(finished(3, (writer) => writer.raw(bytes, 2).u8(9))).toEqual(Buffer.of(1, 2, 9));
  });

  it('is refused unless all that was announced was written', () => {
    expect(() => new LayoutWriter(2).u8(1).finish()).toThrow('wrote 1 of 2 bytes');
    expect(() => new LayoutWriter(1).u8(1).u8(2).finish()).toThrow('wrote 2 of 1 bytes');
  });
});
