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
  /** Clients whose entries changed since `takeChanges` was called last. */
  private readonly changed = new Set<ClientId>();

  constructor(private readonly window: number) {}

  lookup(client: ClientId, timestamp: Timestamp): ClientLookup {
    const entry = this.clients.get(client);
    if (entry === undefined) return { kind: 'new' };
    const result = entry.results.get(timestamp);
    if (result !== undefined) return { kind: 'executed', result };
    return timestamp <= entry.floor ? { kind: 'stale' } : { kind: 'new' };
  }

  /** What changed since this was called last: each client's entry, the same on every replica. */
  takeChanges(): ReadonlyMap<ClientId, string> {
    const changes = new Map<ClientId, string>();
    for (const client of this.changed) {
      const entry = this.clients.get(client);
      if (entry !== undefined) changes.set(client, entryText(entry));
    }
    this.changed.clear();
    return changes;
  }

  /** Replaces everything. @param entries texts as `takeChanges` gives them */
  load(entries: ReadonlyMap<ClientId, string>): void {
    this.clients.clear();
    this.changed.clear();
    for (const [client, text] of entries) this.clients.set(client, parseEntry(text));
  }

  /** Records an execution. @throws InvariantViolation when it executed before */
  record(client: ClientId, result: RequestResult): void {
    const entry = this.entryOf(client);
    this.changed.add(client);
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

/** An executed request as it is written down: timestamp, request, sequence, batch, result. */
type WrittenResult = readonly [Timestamp, string, number, string, string];

function entryText({ floor, timestamps, results }: ClientEntry): string {
  const written: WrittenResult[] = [];
  for (const timestamp of timestamps) {
    const result = results.get(timestamp);
    if (result === undefined) continue;
    written.push([timestamp, result.request, result.sequence, result.batch, result.result]);
  }
  return JSON.stringify([floor, written]);
}

/** Only for text that a quorum certified, or that this replica wrote itself. */
function parseEntry(text: string): ClientEntry {
  const [floor, written] = JSON.parse(text) as [Timestamp, readonly WrittenResult[]];
  const entry: ClientEntry = { results: new Map(), timestamps: [], floor, characters: 0 };
  for (const [timestamp, request, sequence, batch, result] of written) {
    entry.results.set(timestamp, { timestamp, request, sequence, batch, result });
    entry.timestamps.push(timestamp);
    entry.characters += result.length;
  }
  return entry;
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
