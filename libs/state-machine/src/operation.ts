/**
 * Operations: the JSON text inside a request. Builders for who writes them (the gateway, tests),
 * one parser for who executes them.
 *
 * A Byzantine client may sign any text, and every replica must come to the same result for it. So
 * size and depth are limited before anything recurses over the text: running out of stack would
 * happen at another depth on another machine.
 */

import { MAX_OPERATION_CHARACTERS } from '@ccro/consensus';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** Any JSON value. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** A JSON object. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** Why an operation did not do anything. The same on every replica. */
export type OperationErrorCode =
  | 'malformed-operation'
  | 'unknown-operation'
  | 'operation-too-large'
  | 'operation-too-deep'
  | 'invalid-key'
  | 'store-full'
  | 'state-machine-failed';

/** Result of an operation that did not do anything. */
export interface OperationFailure {
  readonly error: OperationErrorCode;
}

/** Nested arrays and objects in an operation, at most. */
export const MAX_OPERATION_DEPTH = 64;
/** Characters of a key of the key-value store, at most; at least one. */
export const MAX_KEY_CHARACTERS = 512;

/** Thrown by the builders, so that a client learns of it before it signs. */
export class OperationError extends Error {
  constructor(readonly code: OperationErrorCode | 'inexact-operation') {
    super(EXPLANATIONS[code]);
    this.name = 'OperationError';
  }
}

const EXPLANATIONS: Readonly<Record<OperationError['code'], string>> = {
  'inexact-operation':
    'something in it is no JSON value and would become another one: NaN, an infinity, -0, a function, ' +
    'an object with a class',
  'malformed-operation': 'an operation is a JSON object with a "type" and the fields of that type',
  'unknown-operation': 'no application knows this type of operation',
  'operation-too-large': `an operation has at most ${MAX_OPERATION_CHARACTERS} characters of JSON`,
  'operation-too-deep': `an operation nests at most ${MAX_OPERATION_DEPTH} levels of JSON`,
  'invalid-key': `a key is a text of 1 to ${MAX_KEY_CHARACTERS} characters`,
  'store-full': 'the state takes no more keys or bytes',
  'state-machine-failed': 'the state machine threw; the log of a node says what',
};

/** Text of an operation that appends `data` to the ledger. @throws OperationError */
export function appendOperation(data: JsonValue): string {
  return encodeOperation({ type: 'append', data });
}

/** Text of an operation that stores `value` under `key`. @throws OperationError */
export function putOperation(key: string, value: JsonValue): string {
  return encodeOperation({ type: 'kv.put', key: checkedKey(key), value });
}

/** Text of an operation that reads `key`. @throws OperationError */
export function getOperation(key: string): string {
  return encodeOperation({ type: 'kv.get', key: checkedKey(key) });
}

/** Text of an operation that removes `key`. @throws OperationError */
export function deleteOperation(key: string): string {
  return encodeOperation({ type: 'kv.delete', key: checkedKey(key) });
}

/**
 * Text of any operation, which says the same as the object: a field that is undefined is none.
 *
 * @throws OperationError when it is too large or too deep to execute, or JSON cannot say the same
 */
export function encodeOperation(operation: JsonObject): string {
  // JSON.stringify recurses, so the depth comes first.
  if (isDeeperThan(operation, MAX_OPERATION_DEPTH)) throw new OperationError('operation-too-deep');
  if (!isExact(operation)) throw new OperationError('inexact-operation');
  const text = JSON.stringify(operation);
  if (text.length > MAX_OPERATION_CHARACTERS) throw new OperationError('operation-too-large');
  return text;
}

/** Whether JSON spells `value` as what it is. What comes out of a caller's code may be anything. */
function isExact(value: unknown): boolean {
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return true;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0);
    case 'object':
      return value === null || (Array.isArray(value) ? isExactList(value) : isExactRecord(value));
    default:
      return false;
  }
}

function isExactList(values: readonly unknown[]): boolean {
  // A hole would become null.
  for (let index = 0; index < values.length; index += 1) {
    if (!isExact(values[index])) return false;
  }
  return true;
}

function isExactRecord(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  return Object.values(value).every((inner) => inner === undefined || isExact(inner));
}

/** Whether `key` may name an entry of the key-value store. */
export function isKey(key: unknown): key is string {
  return typeof key === 'string' && key.length > 0 && key.length <= MAX_KEY_CHARACTERS;
}

/** An operation's object, or why there is none. Never throws, whatever the text. */
export function parseOperation(
  text: string,
): { readonly type: string; readonly fields: JsonObject } | OperationFailure {
  if (text.length > MAX_OPERATION_CHARACTERS) return { error: 'operation-too-large' };
  if (nestsDeeperThan(text, MAX_OPERATION_DEPTH)) return { error: 'operation-too-deep' };
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return { error: 'malformed-operation' };
  }
  if (!isObject(fields)) return { error: 'malformed-operation' };
  const type = ownField(fields, 'type');
  return typeof type === 'string' ? { type, fields } : { error: 'malformed-operation' };
}

/** A field the operation itself has: what an object inherits is no part of the operation. */
export function ownField(fields: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function checkedKey(key: string): string {
  if (!isKey(key)) throw new OperationError('invalid-key');
  return key;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value nests deeper; recurses `depth` levels at most. */
export function isDeeperThan(value: JsonValue, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(inner, depth - 1));
}

/** Whether JSON text nests deeper, without recursion: brackets outside of strings are counted. */
export function nestsDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (character === QUOTE) {
      index = endOfString(text, index);
    } else if (character === OPENING_BRACE || character === OPENING_BRACKET) {
      depth += 1;
      if (depth > limit) return true;
    } else if (character === CLOSING_BRACE || character === CLOSING_BRACKET) depth -= 1;
  }
  return false;
}

/** Index of the quote that ends the string which begins at `start`; the text's length without one. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end < 0 ? text.length : end;
}

/** Whether an odd number of backslashes stands before `index`, inside a string. */
function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) backslashes += 1;
  return backslashes % 2 === 1;
}
