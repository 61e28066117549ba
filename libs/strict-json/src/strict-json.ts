/**
 * Reads JSON that is kept: whatever `JSON.parse` followed by `JSON.stringify` would change in
 * silence is refused, with the place where it stands.
 *
 * Invariant kept here: of what is returned, `JSON.stringify` writes a text with the same value as
 * the one that was read: the same texts character by character, the same decimal numbers, the same
 * keys, none of them lost. The order of keys is the exception, as JSON objects have none.
 */

import { visit, type JSONPath } from 'jsonc-parser';

/** One thing that is wrong with a text. */
export interface JsonIssue {
  /** Keys and indexes that lead to it. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Thrown for what is no JSON, or cannot be kept as it is. */
export class StrictJsonError extends Error {
  /**
   * @param code `malformed`: it is no JSON text at all; `unkept`: it is, but cannot be kept
   * @param issues never empty
   */
  constructor(
    readonly code: 'malformed' | 'unkept',
    readonly issues: readonly JsonIssue[],
  ) {
    super(issues.map(issueText).join('; '));
    this.name = 'StrictJsonError';
  }
}

/** Arrays and objects inside one another, at most: beyond that, who writes them runs out of stack. */
export const MAX_JSON_DEPTH = 128;
/** Characters of the shortest JSON that nests deeper: it opens and closes so many. */
const SHORTEST_TOO_DEEP = 2 * (MAX_JSON_DEPTH + 1);
/** Issues told of one text. */
const MAX_ISSUES = 10;
/** Half of a character, which UTF-8 cannot express. */
const LONE_SURROGATE = /\p{Cs}/u;
/** Characters of a number that are quoted. */
const MAX_QUOTED = 40;

/** @throws StrictJsonError */
export function parseStrictJson(text: string): unknown {
  if (text.length >= SHORTEST_TOO_DEEP && nestsTooDeep(text)) throw tooDeep();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(text);
  }
  if (!isObviouslyExact(text, JSON.stringify(value))) requireExact(text);
  return value;
}

/** `items.3.price`, or `the text` for the whole of it. */
function pathText(path: readonly (string | number)[]): string {
  return path.length === 0 ? 'the text' : path.join('.');
}

function issueText({ path, message }: JsonIssue): string {
  return `${pathText(path)}: ${message}`;
}

/**
 * Whether a text is what is written of its value, but for white space. Says no to some that are
 * exact. Lone surrogates are escaped in both, so no text with such an escape is obvious.
 */
function isObviouslyExact(text: string, written: string): boolean {
  if (text.includes('\\u')) return false;
  if (text === written) return true;
  let at = 0;
  let inString = false;
  for (let index = 0; index < written.length; index += 1, at += 1) {
    const expected = written.charCodeAt(index);
    if (!inString) while (isSpace(text.charCodeAt(at))) at += 1;
    if (text.charCodeAt(at) !== expected) return false;
    if (expected === QUOTE) inString = !inString;
    else if (inString && expected === BACKSLASH) {
      index += 1;
      at += 1;
      if (text.charCodeAt(at) !== written.charCodeAt(index)) return false;
    }
  }
  while (isSpace(text.charCodeAt(at))) at += 1;
  return at >= text.length;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** @throws StrictJsonError */
function requireExact(text: string): void {
  const issues: JsonIssue[] = [];
  const add = (path: JSONPath, message: string): void => {
    if (issues.length < MAX_ISSUES) issues.push({ path, message });
  };
  const keys: Set<string>[] = [];
  visit(
    text,
    {
      onObjectBegin: () => void keys.push(new Set()),
      onObjectEnd: () => void keys.pop(),
      onObjectProperty: (key, _offset, _length, _line, _character, pathSupplier) => {
        const seen = keys.at(-1);
        if (LONE_SURROGATE.test(key)) {
          add(pathSupplier(), 'a key has a lone surrogate (\\ud800 to \\udfff)');
        } else if (seen?.has(key) === true) {
          add([...pathSupplier(), key], 'the key is given twice');
        }
        seen?.add(key);
      },
      onLiteralValue: (value: unknown, offset, length, _line, _character, pathSupplier) => {
        if (typeof value === 'string') {
          if (!LONE_SURROGATE.test(value)) return;
          add(pathSupplier(), 'the text has a lone surrogate (\\ud800 to \\udfff)');
        } else if (typeof value === 'number') {
          const literal = text.slice(offset, offset + length);
          if (!isExactNumber(literal)) add(pathSupplier(), inexactNumber(literal));
        }
      },
    },
    { disallowComments: true },
  );
  if (issues.length > 0) throw new StrictJsonError('unkept', issues);
}

function inexactNumber(literal: string): string {
  const value = Number(literal);
  const advice = 'send it as a text, in quotes';
  if (!Number.isFinite(value))
    return `${quoted(literal)} is beyond the numbers there are: ${advice}`;
  if (Object.is(value, -0)) return `${quoted(literal)} would become 0: ${advice}`;
  return `${quoted(literal)} would become ${value}: ${advice}`;
}

function quoted(literal: string): string {
  return literal.length <= MAX_QUOTED ? literal : `${literal.slice(0, MAX_QUOTED)}…`;
}

/** Where a text that `JSON.parse` refuses goes wrong. */
function malformed(text: string): StrictJsonError {
  let message: string | undefined;
  const onError = (
    _code: number,
    _offset: number,
    _length: number,
    line: number,
    at: number,
  ): void => {
    message ??= `not valid JSON at line ${line + 1}, column ${at + 1}`;
  };
  visit(text, { onError }, { disallowComments: true });
  if (text.trim() === '') message = 'it is empty';
  return new StrictJsonError('malformed', [{ path: [], message: message ?? 'not valid JSON' }]);
}

function tooDeep(): StrictJsonError {
  const message = `nests deeper than ${MAX_JSON_DEPTH} arrays and objects`;
  return new StrictJsonError('unkept', [{ path: [], message }]);
}

/** Counts brackets outside of strings, without recursion. */
export function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === BACKSLASH) index += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > MAX_JSON_DEPTH) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

/** A decimal number in one spelling alone: `digits` × 10^`exponent`, without zeros at either end. */
interface Decimal {
  readonly digits: string;
  readonly exponent: number;
}

const LITERAL = /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i;

/**
 * Whether a number as JSON spells it has exactly the decimal value of what JavaScript writes for
 * it. `1.0` and `1e3` have; `0.1` has, since JavaScript writes `0.1` again; `9007199254740993`,
 * `1e400` and `1e-400` have not. Neither has `-0`, which JavaScript writes without its sign.
 */
export function isExactNumber(literal: string): boolean {
  const value = Number(literal);
  if (!Number.isFinite(value) || Object.is(value, -0)) return false;
  const given = decimalOf(literal);
  const kept = decimalOf(String(value));
  return given.digits === kept.digits && given.exponent === kept.exponent;
}

function decimalOf(literal: string): Decimal {
  const [, whole = '', fraction = '', power = '0'] = LITERAL.exec(literal) ?? [];
  const digits = `${whole}${fraction}`;
  let first = 0;
  while (digits[first] === '0') first += 1;
  if (first === digits.length) return { digits: '', exponent: 0 };
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  const exponent = Number(power) - fraction.length + (digits.length - end);
  return { digits: digits.slice(first, end), exponent };
}
