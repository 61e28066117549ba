/**
 * Text from outside: operations, results, names of files, what a gateway says is wrong.
 *
 * What could turn text around, hide in it or move it is spelled out (`\u{202e}`), so that what is
 * read is what is there: control and formatting characters (bidirectional controls among them),
 * line and paragraph separators, halves of surrogate pairs, what looks like nothing at all.
 */
const UNSHOWN =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u{034f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{180b}-\u{180f}\u{2800}\u{3164}\u{ffa0}\u{fff0}-\u{fff8}\u{e0000}-\u{e0fff}]/gu;

export function foreignText(text: string): string {
  return text.replaceAll(
    UNSHOWN,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
