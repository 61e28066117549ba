/** Bytes of compact messages, untrusted: one spelling for each value, and nothing beyond the end. */

import { bytes as port, type Encoding } from '@ccro/primitives';

/** What comes of bytes that are none of ours: one for all, as nobody looks where it came from. */
export const MALFORMED = new Error('malformed');

const SEVEN_BITS = 0x80;
/** Of the largest safe integer. */
const VARINT_BYTES = 8;
/** Texts up to this length are looked at here, which is quicker than handing them on. */
const SHORT_BYTES = 128;
const UTF8_BYTES_PER_CHARACTER = 3;

// A byte order mark is a character like others.
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Every method throws `MALFORMED` for what is spelt otherwise, or not there. */
export class ByteReader {
  /** @param offset where to begin */
  constructor(
    private readonly bytes: Uint8Array,
    private offset: number,
  ) {}

  get left(): number {
    return this.bytes.length - this.offset;
  }

  byte(): number {
    const value = this.bytes[this.offset];
    if (value === undefined) throw MALFORMED;
    this.offset += 1;
    return value;
  }

  /** A safe integer in as few bytes as it can be spelt in. */
  varint(): number {
    const first = this.byte();
    if (first < SEVEN_BITS) return first;
    let value = first - SEVEN_BITS;
    let factor = SEVEN_BITS;
    for (let count = 2; count <= VARINT_BYTES; count += 1) {
      const next = this.byte();
      if (next < SEVEN_BITS) {
        // A last byte of nothing could be left out.
        value += next * factor;
        if (next === 0 || value > Number.MAX_SAFE_INTEGER) throw MALFORMED;
        return value;
      }
      value += (next - SEVEN_BITS) * factor;
      factor *= SEVEN_BITS;
    }
    throw MALFORMED;
  }

  /** Text that stands for so many bytes. */
  encoded(encoding: Encoding, bytes: number): string {
    const start = this.skip(bytes);
    return port.toText(this.bytes, encoding, start, this.offset);
  }

  /** A text that was written with its length. @param max UTF-16 code units */
  text(max: number): string {
    const bytes = this.varint();
    if (bytes > UTF8_BYTES_PER_CHARACTER * max) throw MALFORMED;
    const start = this.skip(bytes);
    const isAscii = bytes <= SHORT_BYTES && this.isAscii(start);
    const text = isAscii ? port.toText(this.bytes, 'latin1', start, this.offset) : this.utf8(start);
    if (text.length > max) throw MALFORMED;
    return text;
  }

  private utf8(start: number): string {
    try {
      return UTF8.decode(this.bytes.subarray(start, this.offset));
    } catch {
      throw MALFORMED;
    }
  }

  private isAscii(start: number): boolean {
    for (let index = start; index < this.offset; index += 1) {
      if ((this.bytes[index] ?? 0) >= SEVEN_BITS) return false;
    }
    return true;
  }

  /** @returns where the skipped bytes begin */
  private skip(bytes: number): number {
    if (bytes > this.left) throw MALFORMED;
    const start = this.offset;
    this.offset += bytes;
    return start;
  }
}
