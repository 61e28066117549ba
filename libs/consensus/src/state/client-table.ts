/**
 * What each client's requests came to: the reply cache, and what makes execution exactly-once.
 *
 * Invariants kept here:
 * - integrity: a (client, timestamp) executes at most once, on every replica the same way;
 * - one window for both sides: **that** a timestamp executed is remembered for the W newest executed
 *   timestamps of a client, whatever their results are, and a client has nothing outstanding
 *   that is W or more below the newest timestamp it uses. So a request that has not executed is
 *   never refused as stale while its client keeps to this. What is not above the oldest timestamp
 *   forgotten is refused, deterministically, because it may have executed;
 * - bounded memory: **what** it came to is kept up to a number of bytes, and dropped in the order of
 *   execution. Whoever asks for a result that was dropped is told so (`DROPPED_RESULT`), in which
 *   slot it executed, and never that the request is stale.
 */

import type { ClientId, Digest, SequenceNumber, Timestamp } from '../ids.js';
import { invariant } from '../invariants.js';
import type { RequestResult } from '../messages.js';
import { jsonBytes } from '../text-size.js';

/**
 * Bytes of results kept for one client, as its chunk spells them; at least the newest one. Part of
 * the protocol: all replicas use the same.
 */
export const MAX_RESULT_BYTES = 8 * 1024 * 1024;

/** Result of a request whose timestamp is too old to tell whether it executed already. */
export const STALE_RESULT = JSON.stringify({ error: 'stale-timestamp' });

/** In place of a result that executed within the window and is kept no more. */
export const DROPPED_RESULT = JSON.stringify({ error: 'result-dropped' });

/** What is remembered of an executed request; no result: it was dropped. */
interface Executed {
  readonly request: Digest;
  readonly sequence: SequenceNumber;
  readonly batch: Digest;
  readonly result: string | null;
  /** Of the result, as its client's chunk spells it. */
  readonly bytes: number;
}

interface ClientEntry {
  /** In the order of execution. */
  readonly executed: Map<Timestamp, Executed>;
  /** Goes on where it stopped: the results before it were dropped. */
  readonly toDrop: Iterator<[Timestamp, Executed]>;
  /** Executed timestamps, ascending. */
  readonly timestamps: Timestamp[];
  /** Nothing at or below it executes any more. */
  floor: Timestamp;
  /** How many results are kept, and their bytes. */
  kept: number;
  bytes: number;
}

export type ClientLookup =
  | { readonly kind: 'new' }
  | { readonly kind: 'stale' }
  /** With `DROPPED_RESULT` where the result was dropped. */
  | { readonly kind: 'executed'; readonly result: RequestResult };

const NEW: ClientLookup = { kind: 'new' };
const STALE: ClientLookup = { kind: 'stale' };

export class ClientTable {
  private readonly clients = new Map<ClientId, ClientEntry>();
  /** Clients whose entries changed since `takeChanges` was called last. */
  private readonly changed = new Set<ClientId>();

  /** @param window W */
  constructor(
    private readonly window: number,
    private readonly maxResultBytes = MAX_RESULT_BYTES,
  ) {}

  lookup(client: ClientId, timestamp: Timestamp): ClientLookup {
    const entry = this.clients.get(client);
    if (entry === undefined) return NEW;
    const executed = entry.executed.get(timestamp);
    if (executed === undefined) return timestamp <= entry.floor ? STALE : NEW;
    const { request, sequence, batch, result } = executed;
    const shown = { timestamp, request, sequence, batch, result: result ?? DROPPED_RESULT };
    return { kind: 'executed', result: shown };
  }

  /** The highest timestamp of `client` that executed; undefined before the first. */
  newest(client: ClientId): Timestamp | undefined {
    return this.clients.get(client)?.timestamps.at(-1);
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
  record(client: ClientId, executed: RequestResult): void {
    const { timestamp } = executed;
    const entry = this.entryOf(client);
    this.changed.add(client);
    invariant(
      !entry.executed.has(timestamp) && timestamp > entry.floor,
      'integrity',
      () => `request ${client}/${timestamp} would execute twice`,
    );
    insertAscending(entry.timestamps, timestamp);
    remember(entry, timestamp, executed);
    while (entry.timestamps.length > this.window) forgetOldest(entry);
    while (entry.bytes > this.maxResultBytes && entry.kept > 1) dropOldestResult(entry);
  }

  private entryOf(client: ClientId): ClientEntry {
    const existing = this.clients.get(client);
    if (existing !== undefined) return existing;
    const entry = emptyEntry(-1);
    this.clients.set(client, entry);
    return entry;
  }
}

function emptyEntry(floor: Timestamp): ClientEntry {
  const executed = new Map<Timestamp, Executed>();
  return { executed, toDrop: executed.entries(), timestamps: [], floor, kept: 0, bytes: 0 };
}

/** Everything but its place among the timestamps. */
function remember(
  entry: ClientEntry,
  timestamp: Timestamp,
  { request, sequence, batch, result }: Omit<Executed, 'bytes'>,
): void {
  const bytes = result === null ? 0 : jsonBytes(result);
  entry.executed.set(timestamp, { request, sequence, batch, result, bytes });
  if (result === null) return;
  entry.kept += 1;
  entry.bytes += bytes;
}

/** As it is written down, in the order of execution: timestamp, request, sequence, batch, result. */
type WrittenRequest = readonly [Timestamp, string, number, string, string | null];

function entryText({ floor, executed }: ClientEntry): string {
  const written: WrittenRequest[] = [];
  for (const [timestamp, { request, sequence, batch, result }] of executed) {
    written.push([timestamp, request, sequence, batch, result]);
  }
  return JSON.stringify([floor, written]);
}

/** Only for text that a quorum certified, or that this replica wrote itself. */
function parseEntry(text: string): ClientEntry {
  const [floor, written] = JSON.parse(text) as [Timestamp, readonly WrittenRequest[]];
  const entry = emptyEntry(floor);
  for (const [timestamp, request, sequence, batch, result] of written) {
    remember(entry, timestamp, { request, sequence, batch, result });
    entry.timestamps.push(timestamp);
  }
  entry.timestamps.sort((left, right) => left - right);
  return entry;
}

function forgetOldest(entry: ClientEntry): void {
  const oldest = entry.timestamps.shift();
  if (oldest === undefined) return;
  const executed = entry.executed.get(oldest);
  if (executed !== undefined) uncount(entry, executed);
  entry.executed.delete(oldest);
  entry.floor = oldest;
}

function dropOldestResult(entry: ClientEntry): void {
  const next = entry.toDrop.next();
  invariant(next.done !== true, 'transferable', () => 'more results are kept than there are');
  const [timestamp, executed] = next.value;
  uncount(entry, executed);
  // A key that is there keeps its place in the order.
  entry.executed.set(timestamp, { ...executed, result: null, bytes: 0 });
}

function uncount(entry: ClientEntry, { result, bytes }: Executed): void {
  if (result === null) return;
  entry.kept -= 1;
  entry.bytes -= bytes;
}

/** Timestamps mostly grow, so the search starts at the end. */
function insertAscending(sorted: Timestamp[], value: Timestamp): void {
  let index = sorted.length;
  while (index > 0 && (sorted[index - 1] ?? 0) > value) index -= 1;
  sorted.splice(index, 0, value);
}
