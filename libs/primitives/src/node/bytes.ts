import { charactersOf, misspelt } from '../spelling.js';
import type { Bytes } from '../port.js';

export const bytes: Bytes = {
  allocate: (size) => Buffer.allocUnsafe(size),
  equal: (a, b) => Buffer.compare(a, b) === 0,

  fromUtf8: (text) => Buffer.from(text, 'utf8'),
  utf8Length: (text) => Buffer.byteLength(text, 'utf8'),
  putUtf8: (target, offset, text) => asBuffer(target).write(text, offset, 'utf8'),

  from(text, encoding) {
    const spelt = Buffer.from(text, encoding);
    // Node skips what it does not know, or ends there.
    if (text.length !== charactersOf(spelt.length, encoding)) throw misspelt(encoding);
    return spelt;
  },
  put(target, offset, size, text, encoding) {
    const written = asBuffer(target).write(text, offset, size, encoding);
    if (written !== size || text.length !== charactersOf(size, encoding)) {
      throw misspelt(encoding, size);
    }
  },
  toText: (given, encoding, start, end) => asBuffer(given).toString(encoding, start, end),
};

/** The same bytes. */
export function asBuffer(given: Uint8Array): Buffer {
  if (Buffer.isBuffer(given)) return given;
  return Buffer.from(given.buffer, given.byteOffset, given.byteLength);
}
