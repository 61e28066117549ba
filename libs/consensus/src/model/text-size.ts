/**
 * The size of texts in messages, in chunks and on disk: bytes of UTF-8. All limits on those are in this
 * unit; characters differ from it by a factor of up to six.
 */

const SURROGATES = { first: 0xd800, low: 0xdc00, last: 0xdfff } as const;
// What nearly all texts are: one byte a character.
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;

/** Bytes of `text` in UTF-8; three for a lone surrogate, as for what replaces it. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  if (ASCII.test(text)) return bytes;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code < 0x80) continue;
    if (code < 0x800) bytes += 1;
    // Two units, four bytes: the second one adds for both.
    else if (!isPair(text, index, code)) bytes += 2;
  }
  return bytes;
}

function isPair(text: string, index: number, code: number): boolean {
  if (code < SURROGATES.first || code >= SURROGATES.low) return false;
  const next = text.charCodeAt(index + 1);
  return next >= SURROGATES.low && next <= SURROGATES.last;
}
