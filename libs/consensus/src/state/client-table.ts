/**
 * What each client's requests came to: the reply cache, and what makes execution exactly-once.
 *
 * Invariants kept here:
 * - integrity: a (client, timestamp) executes at most once, on every replica the same way;
 * - bounded memory: the W newest executed timestamps a client, fewer when their results are
 *   large; what is not above the oldest one forgotten is refused, deterministically, because it
 *   may have executed.
 */

import type { ClientId, Timestamp } from '../ids.js';
import { invariant } from '../invariants.js';
import type { RequestResult } from '../messages.js';

/** Characters of results kept for one client. Part of the protocol: all replicas use the same. */
const MAX_CHARACTERS = 8 * 1024 * 1024;

interface ClientEntry {
  readonly results: Map<Timestamp, RequestResult>;
  /** Executed timestamps, ascending. */
  readonly timestamps: Timestamp[];
  /** Nothing at or below it executes any more. */
  floor: Timestamp;
  characters: number;
}

export type ClientLookup =
  | { readonly kind: 'new' }
  | { readonly kind: 'stale' }
  | { readonly kind: 'executed'; readonly result: RequestResult };

export class ClientTable {
  private readonly clients = new Map<ClientId, ClientEntry>();

  constructor(private readonly window: number) {}

  lookup(client: ClientId, timestamp: Timestamp): ClientLookup {
    const entry = this.clients.get(client);
    if (entry === undefined) return { kind: 'new' };
    const result = entry.results.get(timestamp);
    if (result !== undefined) return { kind: 'executed', result };
    return timestamp <= entry.floor ? { kind: 'stale' } : { kind: 'new' };
  }

  /** Everything in it, spelt the same on every replica: what checkpoints are taken of. */
  canonical(): string {
    const clients = [...this.clients].sort(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify(
      clients.map(([client, { timestamps, results, floor }]) => [
        client,
        floor,
        timestamps.map((timestamp) => results.get(timestamp)),
      ]),
    );
  }

  /** Records an execution. @throws InvariantViolation when it executed before */
  record(client: ClientId, result: RequestResult): void {
    const entry = this.entryOf(client);
    invariant(
      !entry.results.has(result.timestamp) && result.timestamp > entry.floor,
      'integrity',
      () => `request ${client}/${result.timestamp} would execute twice`,
    );
    entry.results.set(result.timestamp, result);
    insertAscending(entry.timestamps, result.timestamp);
    entry.characters += result.result.length;
    while (this.isFull(entry)) forgetOldest(entry);
  }

  private isFull({ timestamps, characters }: ClientEntry): boolean {
    return (
      timestamps.length > this.window || (characters > MAX_CHARACTERS && timestamps.length > 1)
    );
  }

  private entryOf(client: ClientId): ClientEntry {
    const existing = this.clients.get(client);
    if (existing !== undefined) return existing;
    const entry: ClientEntry = { results: new Map(), timestamps: [], floor: -1, characters: 0 };
    this.clients.set(client, entry);
    return entry;
  }
}

function forgetOldest(entry: ClientEntry): void {
  const oldest = entry.timestamps.shift();
  if (oldest === undefined) return;
  entry.characters -= entry.results.get(oldest)?.result.length ?? 0;
  entry.results.delete(oldest);
  entry.floor = oldest;
}

/** Timestamps mostly grow, so the search starts at the end. */
function insertAscending(sorted: Timestamp[], value: Timestamp): void {
  let index = sorted.length;
  while (index > 0 && (sorted[index - 1] ?? 0) > value) index -= 1;
  sorted.splice(index, 0, value);
}
