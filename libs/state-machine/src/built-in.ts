import type { Application } from './application.js';
import { KeyValueStore } from './key-value-store.js';
import { Ledger } from './ledger.js';

/** The applications that every replica runs, as they are at the start. */
export function builtIn(): readonly Application[] {
  return [new Ledger(), new KeyValueStore()];
}
