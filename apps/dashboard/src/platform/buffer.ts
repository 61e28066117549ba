/**
 * Node's Buffer for browsers: the package `buffer`, with what it lacks. It knows no base64url, takes
 * `0g` for hexadecimal, and its UTF-8 is slow.
 */

import { Buffer } from 'buffer/index.js';

export { Buffer };

const HEX_PAIR = /^[0-9a-fA-F]{2}$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

interface Methods {
  readonly toString: (this: Buffer, encoding: unknown, start: number, end: number) => string;
  readonly write: (
    this: Buffer,
    text: string,
    offset: number,
    length: number,
    encoding: unknown,
  ) => number;
}

/** The functions of the package, some of which are called as they were. */
const packaged = {
  from: Buffer.from.bind(Buffer) as (value: unknown, ...more: readonly unknown[]) => Buffer,
  byteLength: Buffer.byteLength.bind(Buffer),
  isEncoding: Buffer.isEncoding.bind(Buffer),
  ...methodsOf(Buffer.prototype as unknown as Methods),
};

function methodsOf({ toString, write }: Methods): Methods {
  return { toString, write };
}

function from(value: unknown, ...more: readonly unknown[]): Buffer {
  if (typeof value !== 'string') return packaged.from(value, ...more);
  const [encoding = 'utf8'] = more;
  if (encoding === 'utf8') {
    const bytes = encoder.encode(value);
    return packaged.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  if (encoding !== 'hex') return packaged.from(value, plain(encoding));
  const buffer = Buffer.alloc(value.length >> 1);
  return buffer.subarray(0, writeHex(buffer, value, 0, buffer.length)) as Buffer;
}

function toString(this: Buffer, encoding = 'utf8', start = 0, end = this.length): string {
  if (encoding === 'utf8') return decoder.decode(this.subarray(start, end));
  const text = packaged.toString.call(this, plain(encoding), start, end);
  if (encoding !== 'base64url') return text;
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** As Node does it, a length may be left out: `write(text, offset, 'utf8')`. */
function write(this: Buffer, text: string, ...more: readonly unknown[]): number {
  const [encoding = 'utf8'] = more.filter((each) => typeof each === 'string');
  const [offset = 0, length = this.length - offset] = more.filter(isNumber);
  if (encoding === 'hex') return writeHex(this, text, offset, length);
  if (encoding !== 'utf8') return packaged.write.call(this, text, offset, length, plain(encoding));
  return encoder.encodeInto(text, this.subarray(offset, offset + length)).written;
}

/** Up to what is no hexadecimal digit. @returns how many bytes were written */
function writeHex(target: Buffer, text: string, offset: number, length: number): number {
  const most = Math.min(length, target.length - offset, text.length >> 1);
  for (let index = 0; index < most; index += 1) {
    const pair = text.slice(2 * index, 2 * index + 2);
    if (!HEX_PAIR.test(pair)) return index;
    target[offset + index] = Number.parseInt(pair, 16);
  }
  return Math.max(most, 0);
}

/** What the package calls an encoding; base64 is read with either alphabet. */
function plain(encoding: unknown): unknown {
  return encoding === 'base64url' ? 'base64' : encoding;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}

Object.assign(Buffer, {
  from,
  byteLength: (value: string, encoding?: string) =>
    packaged.byteLength(value, plain(encoding) as string),
  isEncoding: (encoding: string) => encoding === 'base64url' || packaged.isEncoding(encoding),
});
Object.assign(Buffer.prototype, { toString, write });
