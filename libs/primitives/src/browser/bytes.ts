import { equalBytes } from '@noble/curves/utils.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { charactersOf, misspelt } from '../spelling.js';
import type { Bytes, Encoding } from '../port.js';

const encoder = new TextEncoder();
/** Arguments that a call may have in every browser, with room to spare. */
const MAX_ARGUMENTS = 8192;

export const bytes: Bytes = {
  allocate: (size) => new Uint8Array(size),
  equal: equalBytes,

  fromUtf8: (text) => encoder.encode(text),
  utf8Length: (text) => encoder.encode(text).length,
  putUtf8: (target, offset, text) => encoder.encodeInto(text, target.subarray(offset)).written,

  from(text, encoding) {
    const spelt = decoded(text, encoding);
    if (text.length !== charactersOf(spelt.length, encoding)) throw misspelt(encoding);
    return spelt;
  },
  put(target, offset, size, text, encoding) {
    const spelt = bytes.from(text, encoding);
    if (spelt.length !== size) throw misspelt(encoding, size);
    target.set(spelt, offset);
  },
  toText(given, encoding, start, end) {
    const part = given.subarray(start, end);
    if (encoding === 'hex') return bytesToHex(part);
    const characters = latin1(part);
    if (encoding === 'latin1') return characters;
    return btoa(characters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  },
};

/** @throws RangeError for a character that does not belong there */
function decoded(text: string, encoding: Encoding): Uint8Array {
  try {
    if (encoding === 'hex') return hexToBytes(text);
    const characters = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(characters, (character) => character.charCodeAt(0));
  } catch {
    throw misspelt(encoding);
  }
}

function latin1(part: Uint8Array): string {
  let text = '';
  for (let start = 0; start < part.length; start += MAX_ARGUMENTS) {
    text += String.fromCharCode(...part.subarray(start, start + MAX_ARGUMENTS));
  }
  return text;
}
