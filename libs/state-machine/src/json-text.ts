import type { JsonValue } from './operation.js';
import { isDeeperThan, MAX_OPERATION_DEPTH, nestsDeeperThan } from './operation.js';

/** What a stored value may nest: it lies in its entry, which lies in a list. */
const MAX_DEPTH = MAX_OPERATION_DEPTH - 4;

/**
 * JSON text of what a user's code made.
 *
 * @param what for errors: `a result`
 * @throws TypeError for what JSON cannot spell, a promise among it; RangeError when it nests too deep
 */
export function textOf(value: JsonValue, what: string): string {
  const given: unknown = value;
  if (isPromise(given)) {
    // Nobody waits for it: were it to reject, that would end the program.
    void Promise.resolve(given).catch(() => undefined);
    throw new TypeError(`${what} is a promise: operations are synchronous`);
  }
  // JSON.stringify recurses, so the depth comes first.
  if (isDeeperThan(value, MAX_DEPTH)) throw tooDeep(what);
  const text: unknown = JSON.stringify(given);
  if (typeof text !== 'string') throw new TypeError(`${what} is nothing that JSON can spell`);
  // A toJSON may have made another value of it.
  if (nestsDeeperThan(text, MAX_DEPTH)) throw tooDeep(what);
  return text;
}

function isPromise(given: unknown): boolean {
  if (typeof given !== 'object' || given === null || !('then' in given)) return false;
  return typeof given.then === 'function';
}

function tooDeep(what: string): RangeError {
  return new RangeError(`${what} nests deeper than ${MAX_DEPTH} levels`);
}
