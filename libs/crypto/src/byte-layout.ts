/**
 * Writes the fixed binary layouts of everything that is hashed or signed. Integers are big-endian
 * and of fixed width, everything of variable length is preceded by its length in bytes, so that
 * two different sequences of fields of one layout never give the same bytes.
 */

const DIGEST_BYTES = 32;
const U32_RANGE = 0x1_0000_0000;

/** Bytes of `text` in UTF-8. */
export function textBytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** Fills a buffer of a size known beforehand, field by field. */
export class LayoutWriter {
  private readonly bytes: Buffer;
  private offset = 0;

  /** @param size bytes that will be written, all of them */
  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  raw(bytes: Uint8Array): this {
    this.bytes.set(bytes, this.offset);
    this.offset += bytes.length;
    return this;
  }

  u8(value: number): this {
    this.offset = this.bytes.writeUInt8(value, this.offset);
    return this;
  }

  /** @throws RangeError unless 0 ≤ value < 2³² */
  u32(value: number): this {
    this.offset = this.bytes.writeUInt32BE(value, this.offset);
    return this;
  }

  /** Views, sequence numbers, timestamps: any safe integer, as 64 bits. */
  u64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`not an unsigned safe integer: ${value}`);
    }
    this.offset = this.bytes.writeUInt32BE(Math.floor(value / U32_RANGE), this.offset);
    this.offset = this.bytes.writeUInt32BE(value % U32_RANGE, this.offset);
    return this;
  }

  /** @param digest 64 hexadecimal digits. @throws RangeError otherwise */
  digest(digest: string): this {
    const written = this.bytes.write(digest, this.offset, DIGEST_BYTES, 'hex');
    if (written !== DIGEST_BYTES || digest.length !== 2 * DIGEST_BYTES) {
      throw new RangeError('a digest is 64 hexadecimal digits');
    }
    this.offset += written;
    return this;
  }

  /** A text preceded by its length: takes `4 + textBytes(text)` bytes. */
  text(text: string): this {
    const start = this.offset + 4;
    const written = this.bytes.write(text, start, 'utf8');
    this.bytes.writeUInt32BE(written, this.offset);
    this.offset = start + written;
    return this;
  }

  /** The finished layout. @throws RangeError unless exactly the announced size was written */
  finish(): Buffer {
    if (this.offset !== this.bytes.length) {
      throw new RangeError(`wrote ${this.offset} of ${this.bytes.length} bytes`);
    }
    return this.bytes;
  }
}
