import { foreignText } from '@ccro/foreign-text';

/** What cutting may leave at the end. */
const HALF_OF_A_PAIR = /[\ud800-\udbff]$/;

/** Most characters of a log record's text, before what is unshown is spelled out. */
export const MAX_RECORD_CHARACTERS = 2_000;

/**
 * Text from outside as one line that shows what is in it: what could act on a terminal or pass for
 * a line of its own is spelled out (`\n`, `\u{1b}`), and what is too long is cut, before and after
 * it was spelled out.
 */
export function printable(text: string, maxCharacters = MAX_RECORD_CHARACTERS): string {
  const cut = text.slice(0, maxCharacters);
  const spelled = foreignText(cut);
  const isWhole = text.length <= maxCharacters && spelled.length <= maxCharacters;
  if (isWhole) return spelled;
  const shown = spelled.slice(0, maxCharacters).replace(HALF_OF_A_PAIR, '');
  return `${shown} … (${text.length} characters)`;
}

/** Several lines: each printable, and all but the first indented, so that none passes for a record. */
export function printableLines(text: string, maxLines = 30): string {
  const lines = text.split('\n', maxLines + 1);
  const shown = lines.slice(0, maxLines).map((line) => printable(line.trimEnd()));
  if (lines.length > maxLines) shown.push('…');
  return shown.map((line, index) => (index === 0 ? line : `    ${line.trimStart()}`)).join('\n');
}

/** A value as JSON that can be shown on a terminal; it parses to the same value. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value, null, 2)
    .split('\n')
    .map((line) => foreignText(line, inJson))
    .join('\n');
}

/** A character as JSON spells it out, unit by unit of UTF-16. */
function inJson(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
