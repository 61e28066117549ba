/**
 * What texts take in messages, in chunks and on disk: bytes of UTF-8. A limit on any of those is
 * in this unit; characters differ from it by a factor of up to six.
 */

const ESCAPED_CONTROL = 6;
const SURROGATES = { first: 0xd800, low: 0xdc00, last: 0xdfff } as const;
/** Control characters that JSON spells with two: \b \t \n \f \r. */
const SHORT_ESCAPES: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0c, 0x0d]);
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Bytes of `text` in UTF-8; three for a lone surrogate, as for what replaces it. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    else if (isPair(text, index, code)) {
      // Two units, four bytes.
      bytes += 2;
      index += 1;
    } else bytes += 2;
  }
  return bytes;
}

/** What is as long in UTF-8 as in characters, however it is spelled in JSON. */
const ASCII = /^[\x20-\x7e]*$/;

/** Bytes of `text` as a string of JSON in UTF-8, without its quotes. */
export function jsonBytes(text: string): number {
  if (ASCII.test(text)) return JSON.stringify(text).length - 2;
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x20) bytes += SHORT_ESCAPES.has(code) ? 1 : ESCAPED_CONTROL - 1;
    else if (code === QUOTE || code === BACKSLASH) bytes += 1;
    else if (code < 0x80) continue;
    else if (code < 0x800) bytes += 1;
    else if (code < SURROGATES.first || code > SURROGATES.last) bytes += 2;
    else if (isPair(text, index, code)) {
      bytes += 2;
      index += 1;
    } else bytes += ESCAPED_CONTROL - 1;
  }
  return bytes;
}

function isPair(text: string, index: number, code: number): boolean {
  if (code < SURROGATES.first || code >= SURROGATES.low) return false;
  const next = text.charCodeAt(index + 1);
  return next >= SURROGATES.low && next <= SURROGATES.last;
}
