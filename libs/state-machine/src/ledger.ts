import type { Digest, ExecutionContext } from '@ccro/consensus';
import { failure, type Application, type Operation } from './application.js';
import { ownField } from './operation.js';
import { stateDigest } from './state-digest.js';

/** Result of `append`. */
export interface AppendResult {
  /** Position of the entry, from 1. */
  readonly index: number;
  /** The ledger's head after this entry: binds it and everything before it. */
  readonly hash: Digest;
}

/**
 * An append-only ledger: `{"type":"append","data":<JSON>}` adds an entry.
 *
 * Invariant kept here (bounded memory): only head and count are state. The entries themselves
 * live in the decided slots, which the head binds through each operation's text.
 */
export class Ledger implements Application {
  readonly operationTypes = ['append'];

  private head: Digest = stateDigest('ledger-empty');
  private count = 0;

  /** The head covers the previous head, the operation's text, its client and its timestamp. */
  apply({ text, fields }: Operation, { client, timestamp }: ExecutionContext): string {
    if (ownField(fields, 'data') === undefined) return failure('malformed-operation');
    this.count += 1;
    this.head = stateDigest('ledger-entry', this.head, text, client, String(timestamp));
    return JSON.stringify({ index: this.count, hash: this.head } satisfies AppendResult);
  }

  digest(): Digest {
    return stateDigest('ledger', this.head, String(this.count));
  }
}
