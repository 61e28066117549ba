/**
 * Reads from a payload which kind of message it claims to be, or undefined. It runs on every
 * message before anything is checked: it must be cheap, believe nothing and never throw.
 */
export type PeekKind = (payload: Uint8Array) => string | undefined;

const PREFIX = Uint8Array.from('{"kind":"', (character) => character.charCodeAt(0));
const QUOTE = 0x22;
const MAX_KIND_LENGTH = 32;

/**
 * The kind of a message in JSON whose first member is `kind`, as in `{"kind":"vote",...`: up to 32
 * lower-case letters, digits and hyphens. Undefined for anything else.
 */
export function peekJsonKind(payload: Uint8Array): string | undefined {
  for (let index = 0; index < PREFIX.length; index += 1) {
    if (payload[index] !== PREFIX[index]) return undefined;
  }
  const longest = Math.min(payload.length, PREFIX.length + MAX_KIND_LENGTH + 1);
  let kind = '';
  for (let index = PREFIX.length; index < longest; index += 1) {
    const code = payload[index] ?? 0;
    if (code === QUOTE) return kind === '' ? undefined : kind;
    if (!isKindCharacter(code)) return undefined;
    kind += String.fromCharCode(code);
  }
  return undefined;
}

function isKindCharacter(code: number): boolean {
  const isLetter = code >= 0x61 && code <= 0x7a;
  const isDigit = code >= 0x30 && code <= 0x39;
  return isLetter || isDigit || code === 0x2d;
}
