/** Bytes of compact messages, appended to a buffer that grows and is used again. */

import { bytes as port, type Encoding } from '@ccro/primitives';

const FIRST_BYTES = 64 * 1024;
/** A larger buffer is not kept. */
const MAX_KEPT_BYTES = 1024 * 1024;
/** Texts up to this length are looked at here, which is quicker than handing them on. */
const SHORT_CHARACTERS = 128;
const SEVEN_BITS = 0x80;
/** Up to this number the operators on bits may be used. */
const LARGEST_I32 = 0x7fff_ffff;

export class ByteWriter {
  private bytes = port.allocate(FIRST_BYTES);
  private length = 0;

  /** What was written since the last time, in a buffer of its own. */
  take(): Uint8Array {
    const taken = port.allocate(this.length);
    taken.set(this.bytes.subarray(0, this.length));
    if (this.bytes.length > MAX_KEPT_BYTES) this.bytes = port.allocate(FIRST_BYTES);
    this.length = 0;
    return taken;
  }

  /** Forgets what was written. */
  clear(): void {
    this.length = 0;
  }

  byte(value: number): void {
    this.ensure(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }

  /**
   * Seven bits a byte, the lowest first, the highest bit of all but the last byte set.
   *
   * @throws RangeError unless it is a safe integer from 0 on
   */
  varint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`not an unsigned safe integer: ${value}`);
    }
    this.ensure(8);
    let left = value;
    while (left > LARGEST_I32) {
      this.bytes[this.length++] = (left % SEVEN_BITS) | SEVEN_BITS;
      left = Math.floor(left / SEVEN_BITS);
    }
    while (left >= SEVEN_BITS) {
      this.bytes[this.length++] = (left & 0x7f) | SEVEN_BITS;
      left >>>= 7;
    }
    this.bytes[this.length++] = left;
  }

  /** @throws RangeError unless `text` spells exactly so many bytes */
  encoded(text: string, encoding: Encoding, bytes: number): void {
    this.ensure(bytes);
    port.put(this.bytes, this.length, bytes, text, encoding);
    this.length += bytes;
  }

  /** The number of its bytes in UTF-8, then these. */
  text(text: string): void {
    if (text.length <= SHORT_CHARACTERS && this.ascii(text)) return;
    const bytes = port.utf8Length(text);
    this.varint(bytes);
    this.ensure(bytes);
    this.length += port.putUtf8(this.bytes, this.length, text);
  }

  /** @returns false, and writes nothing, if it is not all ASCII */
  private ascii(text: string): boolean {
    this.ensure(8 + text.length);
    const start = this.length;
    this.varint(text.length);
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index);
      if (code >= SEVEN_BITS) {
        this.length = start;
        return false;
      }
      this.bytes[this.length++] = code;
    }
    return true;
  }

  private ensure(more: number): void {
    const needed = this.length + more;
    if (needed <= this.bytes.length) return;
    const larger = port.allocate(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}
