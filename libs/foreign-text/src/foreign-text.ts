/**
 * Text from outside, wherever it comes out (logs, terminals, the page): operations, results, names,
 * errors of others.
 *
 * Invariant kept here: what could move a cursor, start a new line, colour a terminal, turn text around
 * or hide in it is escaped, so that the reader sees all that is there. That is: control and formatting
 * characters (bidirectional controls among them), line and paragraph separators, halves of surrogate
 * pairs, and what looks like nothing at all.
 */
const UNSHOWN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u{034f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2800}\u{3164}\u{ffa0}\u{fff0}-\u{fff8}\u{e0000}-\u{e0fff}]/gu;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** How one character is spelled out. */
export type SpellOut = (character: string) => string;

/** @param spellOut by default `\n`, `\u{1b}` */
export function foreignText(text: string, spellOut: SpellOut = inWords): string {
  return text.replaceAll(UNSHOWN, spellOut);
}

function inWords(character: string): string {
  return NAMED[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}
