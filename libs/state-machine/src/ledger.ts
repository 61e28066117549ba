import { type Digest, type ExecutionContext, isDigest } from '@ccro/consensus';
import { ChunkError, failure, type Application, type Operation } from './application.js';
import { ownField, type OperationErrorCode } from './operation.js';
import { stateDigest } from './state-digest.js';

/** Result of `append`. */
export interface AppendResult {
  /** Position of the entry, from 1. */
  readonly index: number;
  /** The ledger's head after this entry: binds it and everything before it. */
  readonly hash: Digest;
}

const NO_ENTRIES: Digest = stateDigest('ledger-empty');

/** The only chunk: JSON text of the head and the number of entries. */
const CHUNK = 'head';

/**
 * An append-only ledger: `{"type":"append","data":<JSON>}` adds an entry.
 *
 * Invariant kept here (bounded memory): only head and count are state. The entries themselves
 * live in the decided slots, which the head binds through each operation's text.
 */
export class Ledger implements Application {
  readonly name = 'ledger';
  readonly operationTypes = ['append'];

  private head = NO_ENTRIES;
  private count = 0;
  private dirty = false;

  fault({ fields }: Pick<Operation, 'type' | 'fields'>): OperationErrorCode | undefined {
    return ownField(fields, 'data') === undefined ? 'malformed-operation' : undefined;
  }

  /** The head covers the previous head, the operation's text, its client and its timestamp. */
  apply({ type, text, fields }: Operation, { client, timestamp }: ExecutionContext): string {
    const fault = this.fault({ type, fields });
    if (fault !== undefined) return failure(fault);
    this.count += 1;
    this.head = stateDigest('ledger-entry', this.head, text, client, String(timestamp));
    this.dirty = true;
    return JSON.stringify({ index: this.count, hash: this.head } satisfies AppendResult);
  }

  takeChanges(): ReadonlyMap<string, string> {
    const changes = this.dirty ? [[CHUNK, chunkText(this.head, this.count)] as const] : [];
    this.dirty = false;
    return new Map(changes);
  }

  load(chunks: ReadonlyMap<string, string>): void {
    let loaded = { head: NO_ENTRIES, count: 0 };
    for (const [chunk, text] of chunks) {
      const name = `${this.name}/${chunk}`;
      if (chunk !== CHUNK) throw new ChunkError(name, 'a ledger has no such chunk');
      if (text !== '') loaded = readChunk(name, text);
    }
    this.head = loaded.head;
    this.count = loaded.count;
    this.dirty = false;
  }
}

function chunkText(head: Digest, count: number): string {
  return JSON.stringify([head, count]);
}

function readChunk(name: string, text: string): { head: Digest; count: number } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ChunkError(name, 'it is no JSON');
  }
  const [head, count] = Array.isArray(value) ? (value as unknown[]) : [];
  const isCount = typeof count === 'number' && Number.isSafeInteger(count) && count > 0;
  if (!isDigest(head) || !isCount || chunkText(head, count) !== text) {
    throw new ChunkError(name, 'it is not a digest and a number of entries');
  }
  return { head, count };
}
