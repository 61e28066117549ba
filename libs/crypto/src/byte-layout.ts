/**
 * Writes the fixed binary layouts of everything that is hashed or signed. Integers are big-endian
 * and of fixed width, everything of variable length is preceded by its length in bytes, so that
 * two different sequences of fields of one layout never give the same bytes.
 */

import { bytes as port } from '@ccro/primitives';

const DIGEST_BYTES = 32;
const SHORT_CHARACTERS = 64;
const U32_RANGE = 0x1_0000_0000;

const DOMAIN_TAG = port.fromUtf8('CCRO/1');
/** Clusters whose prefixes are kept at most. */
const MAX_PREFIXES = 64;

/** Bytes of `text` in UTF-8. */
export function textBytes(text: string): number {
  return isShortAscii(text) ? text.length : port.utf8Length(text);
}

/** What names are: each character is a byte, which is quicker to write here than to hand on. */
function isShortAscii(text: string): boolean {
  if (text.length > SHORT_CHARACTERS) return false;
  for (let index = 0; index < text.length; index += 1) {
    if (text.charCodeAt(index) >= 0x80) return false;
  }
  return true;
}

/** Copies a few bytes, which a loop does faster than `set`. */
export function copyFew(
  target: Uint8Array,
  offset: number,
  source: Uint8Array,
  start: number,
  length: number,
): void {
  for (let index = 0; index < length; index += 1) {
    target[offset + index] = source[start + index] ?? 0;
  }
}

/** Fills a buffer of a size known beforehand, field by field. */
export class LayoutWriter {
  private readonly bytes: Uint8Array;
  private offset = 0;

  /** @param size bytes that will be written, all of them */
  constructor(size: number) {
    this.bytes = port.allocate(size);
  }

  /** @param length how many of them, from the first on */
  raw(bytes: Uint8Array, length = bytes.length): this {
    copyFew(this.bytes, this.offset, bytes, 0, length);
    this.offset += length;
    return this;
  }

  u8(value: number): this {
    if (value < 0 || value > 0xff) throw new RangeError(`not a u8: ${value}`);
    this.bytes[this.offset] = value;
    this.offset += 1;
    return this;
  }

  /** @throws RangeError unless 0 ≤ value < 2³² */
  u32(value: number): this {
    if (!(value >= 0 && value < U32_RANGE)) throw new RangeError(`not a u32: ${value}`);
    this.put32(value);
    return this;
  }

  /** Views, sequence numbers, timestamps: any safe integer, as 64 bits. */
  u64(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`not an unsigned safe integer: ${value}`);
    }
    this.put32(Math.floor(value / U32_RANGE));
    this.put32(value % U32_RANGE);
    return this;
  }

  /** @param digest 64 hexadecimal digits. @throws RangeError otherwise */
  digest(digest: string): this {
    port.put(this.bytes, this.offset, DIGEST_BYTES, digest, 'hex');
    this.offset += DIGEST_BYTES;
    return this;
  }

  /** A text preceded by its length: takes `4 + textBytes(text)` bytes. */
  text(text: string): this {
    const start = this.offset + 4;
    const written = isShortAscii(text)
      ? this.ascii(text, start)
      : port.putUtf8(this.bytes, start, text);
    this.put32(written);
    this.offset = start + written;
    return this;
  }

  private ascii(text: string, start: number): number {
    const { bytes } = this;
    for (let index = 0; index < text.length; index += 1) {
      bytes[start + index] = text.charCodeAt(index);
    }
    return text.length;
  }

  private put32(value: number): void {
    const { bytes, offset } = this;
    bytes[offset] = value >>> 24;
    bytes[offset + 1] = value >>> 16;
    bytes[offset + 2] = value >>> 8;
    bytes[offset + 3] = value;
    this.offset = offset + 4;
  }

  /** The finished layout. @throws RangeError unless exactly the announced size was written */
  finish(): Uint8Array {
    if (this.offset !== this.bytes.length) {
      throw new RangeError(`wrote ${this.offset} of ${this.bytes.length} bytes`);
    }
    return this.bytes;
  }
}

/**
 * Starts a layout as all of them start: `CCRO/1`, a byte for the type, the cluster id preceded by its
 * length.
 *
 * @param size bytes of the fields that follow
 */
export function startLayout(type: number, cluster: string, size: number): LayoutWriter {
  const prefix = prefixOf(type, cluster);
  return new LayoutWriter(prefix.length + size).raw(prefix);
}

/** What layouts start with: a few of each cluster, needed all the time. */
const prefixes = new Map<string, Uint8Array[]>();

function prefixOf(type: number, cluster: string): Uint8Array {
  let ofCluster = prefixes.get(cluster);
  if (ofCluster === undefined) {
    // Clusters come from configuration, not from the network; tests make many.
    if (prefixes.size >= MAX_PREFIXES) prefixes.clear();
    ofCluster = [];
    prefixes.set(cluster, ofCluster);
  }
  const known = ofCluster[type];
  if (known !== undefined) return known;
  const size = DOMAIN_TAG.length + 1 + 4 + textBytes(cluster);
  const prefix = new LayoutWriter(size).raw(DOMAIN_TAG).u8(type).text(cluster).finish();
  ofCluster[type] = prefix;
  return prefix;
}
