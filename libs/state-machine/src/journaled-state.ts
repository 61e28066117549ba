import type { Entry } from './bucket.js';
import type { BucketStore } from './bucket-store.js';
import type { State } from './definition.js';
import { textOf } from './json-text.js';
import { isKey, MAX_KEY_CHARACTERS, type JsonValue } from './operation.js';

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
