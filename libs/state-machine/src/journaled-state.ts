import type { Entry } from './bucket.js';
import type { BucketStore } from './bucket-store.js';
import type { State } from './definition.js';
import {
  isDeeperThan,
  isKey,
  MAX_KEY_CHARACTERS,
  MAX_OPERATION_DEPTH,
  nestsDeeperThan,
  type JsonValue,
} from './operation.js';

/** There is no room for what was to be stored. */
export class StateFullError extends Error {
  constructor(key: string) {
    super(`there is no room for ${JSON.stringify(key)}`);
    this.name = 'StateFullError';
  }
}

/** The state as one operation sees it: what it writes can be undone until it ended. */
export class JournaledState implements State {
  /** What was there before the first write to each key. */
  private readonly before = new Map<string, Entry | undefined>();
  private closed = false;

  constructor(private readonly store: BucketStore) {}

  get(key: string): JsonValue | undefined {
    const entry = this.held(key);
    return entry === undefined ? undefined : (JSON.parse(entry.value) as JsonValue);
  }

  has(key: string): boolean {
    return this.held(key) !== undefined;
  }

  set(key: string, value: JsonValue): void {
    const entry = this.held(key);
    if (!isKey(key))
      throw new TypeError(`a key is a text of 1 to ${MAX_KEY_CHARACTERS} characters`);
    const text = textOf(value, `the value of ${JSON.stringify(key)}`);
    this.note(key, entry);
    const version = (this.before.get(key)?.version ?? 0) + 1;
    if (!this.store.set(key, { value: text, version })) throw new StateFullError(key);
  }

  delete(key: string): boolean {
    const entry = this.held(key);
    if (entry === undefined) return false;
    this.note(key, entry);
    this.store.delete(key);
    return true;
  }

  keys(prefix = ''): readonly string[] {
    this.requireOpen();
    return this.store.keysWith(prefix);
  }

  /** Takes back all that was written. */
  undo(): void {
    for (const [key, entry] of this.before) this.store.restore(key, entry);
    this.before.clear();
  }

  /** The operation ended: a handler that kept a reference to the state can no longer use it. */
  close(): void {
    this.closed = true;
  }

  private held(key: string): Entry | undefined {
    this.requireOpen();
    return this.store.get(key);
  }

  private note(key: string, entry: Entry | undefined): void {
    if (!this.before.has(key)) this.before.set(key, entry);
  }

  private requireOpen(): void {
    if (this.closed) throw new Error('the state is good while its operation runs, and no longer');
  }
}

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
