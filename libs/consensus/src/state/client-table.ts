/**
 * The results of each client's requests: the reply cache, and what makes execution exactly-once.
 *
 * Invariants kept here:
 * - integrity: a (client, timestamp) executes at most once, on every replica the same way;
 * - one window for both sides: **that** a timestamp executed is remembered for the W newest executed
 *   timestamps of a client, whatever their results are, and a client has nothing outstanding
 *   that is W or more below the newest timestamp it uses. So a request that has not executed is
 *   never refused as stale while its client keeps to this. What is not above the oldest timestamp
 *   forgotten is refused, deterministically, because it may have executed;
 * - bounded memory: results are kept up to a number of bytes, and dropped in the order of
 *   execution. A client that asks for a dropped result is told so (`DROPPED_RESULT`), in which
 *   slot it executed, and never that the request is stale.
 */

import type { ClientId, Digest, SequenceNumber, Timestamp } from '../messages/ids.js';
import type { RequestResult } from '../messages/index.js';
import { invariant } from '../model/invariants.js';
import { utf8Bytes } from '../model/text-size.js';

/**
 * Bytes of results kept for one client, as its chunk spells them; at least the newest one. Part of
 * the protocol: all replicas use the same.
 */
export const MAX_RESULT_BYTES = 8 * 1024 * 1024;

/** Result of a request whose timestamp is too old to tell whether it executed already. */
export const STALE_RESULT = JSON.stringify({ error: 'stale-timestamp' });

/** In place of a result that executed within the window and is kept no more. */
export const DROPPED_RESULT = JSON.stringify({ error: 'result-dropped' });

/** Of a text in JSON. */
const QUOTES = 2;

/** Executed requests that are spelled together. */
const BLOCK_SIZE = 64;

/** As an executed request is written down; without a result where that was dropped. */
type WrittenRequest = readonly [
  timestamp: Timestamp,
  request: Digest,
  sequence: SequenceNumber,
  batch: Digest,
  result: string | null,
];

/** What is remembered of an executed request. */
interface Executed {
  readonly written: WrittenRequest;
  /** Of its result, as JSON spells it; 0 where that was dropped. */
  readonly bytes: number;
  /** Which of its client's requests it was, counted in the order of execution. */
  readonly place: number;
}

interface ClientEntry {
  /**
   * What executed, in the order of execution: first what has no result any more, then what has.
   * Not one map with an iterator at the oldest result: an iterator that stands still keeps every
   * table that the map ever had.
   */
  readonly dropped: Map<Timestamp, Executed>;
  readonly kept: Map<Timestamp, Executed>;
  /** Executed timestamps, ascending. */
  readonly timestamps: Timestamp[];
  /** Nothing at or below it executes any more. */
  floor: Timestamp;
  /** Of the results that are kept. */
  bytes: number;
  nextPlace: number;
  /**
   * JSON of what executed, by `BLOCK_SIZE` places, without brackets; without the blocks in which
   * something changed. Every checkpoint needs the whole, in which little is new.
   */
  readonly spelled: Map<number, string>;
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
  /** Entries that changed since `takeChanges` was called last. */
  private readonly changed = new Map<ClientId, ClientEntry>();

  /** @param window W */
  constructor(
    private readonly window: number,
    private readonly maxResultBytes = MAX_RESULT_BYTES,
  ) {}

  lookup(client: ClientId, timestamp: Timestamp): ClientLookup {
    const entry = this.clients.get(client);
    if (entry === undefined) return NEW;
    const executed = executedIn(entry, timestamp);
    if (executed === undefined) return timestamp <= entry.floor ? STALE : NEW;
    const [, request, sequence, batch, result] = executed.written;
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
    for (const [client, entry] of this.changed) changes.set(client, entryText(entry));
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
    const { timestamp, request, sequence, batch, result } = executed;
    const entry = this.entryOf(client);
    this.changed.set(client, entry);
    invariant(
      executedIn(entry, timestamp) === undefined && timestamp > entry.floor,
      'integrity',
      () => `request ${client}/${timestamp} would execute twice`,
    );
    insertAscending(entry.timestamps, timestamp);
    remember(entry, [timestamp, request, sequence, batch, result], entry.nextPlace);
    entry.nextPlace += 1;
    while (entry.timestamps.length > this.window) forgetOldest(entry);
    dropOldestResults(entry, this.maxResultBytes);
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
  const maps = { dropped: new Map(), kept: new Map(), spelled: new Map() };
  return { ...maps, timestamps: [], floor, bytes: 0, nextPlace: 0 };
}

function executedIn({ kept, dropped }: ClientEntry, timestamp: Timestamp): Executed | undefined {
  return kept.get(timestamp) ?? dropped.get(timestamp);
}

/** Everything but its place among the timestamps. */
function remember(entry: ClientEntry, written: WrittenRequest, place: number): void {
  const [timestamp, , , , result] = written;
  const bytes = result === null ? 0 : utf8Bytes(JSON.stringify(result)) - QUOTES;
  const { kept, dropped } = entry;
  (result === null ? dropped : kept).set(timestamp, { written, bytes, place });
  entry.bytes += bytes;
  entry.spelled.delete(blockOf(place));
}

function blockOf(place: number): number {
  return Math.floor(place / BLOCK_SIZE);
}

/** In the order of execution. */
function entryText({ floor, dropped, kept, spelled }: ClientEntry): string {
  const blocks = new Set<number>();
  const changed = new Map<number, WrittenRequest[]>();
  for (const part of [dropped, kept]) {
    for (const { written, place } of part.values()) {
      const block = blockOf(place);
      blocks.add(block);
      if (spelled.has(block)) continue;
      const listed = changed.get(block);
      if (listed === undefined) changed.set(block, [written]);
      else listed.push(written);
    }
  }
  for (const [block, listed] of changed) spelled.set(block, JSON.stringify(listed).slice(1, -1));
  const texts = Array.from(blocks, (block) => spelled.get(block));
  return `[${floor},[${texts.join(',')}]]`;
}

/** Only for text that a quorum certified, or that this replica wrote itself. */
function parseEntry(text: string): ClientEntry {
  const [floor, written] = JSON.parse(text) as [Timestamp, readonly WrittenRequest[]];
  const entry = emptyEntry(floor);
  for (const [place, each] of written.entries()) {
    remember(entry, each, place);
    entry.timestamps.push(each[0]);
  }
  entry.timestamps.sort((left, right) => left - right);
  entry.nextPlace = written.length;
  return entry;
}

function forgetOldest(entry: ClientEntry): void {
  const oldest = entry.timestamps.shift();
  if (oldest === undefined) return;
  remove(entry, oldest);
  entry.floor = oldest;
}

/**
 * In one pass, and none where nothing is to be dropped: whoever begins at the oldest goes past the places
 * of thousands that were removed before it.
 */
function dropOldestResults(entry: ClientEntry, maxBytes: number): void {
  if (entry.bytes <= maxBytes) return;
  for (const [timestamp, { written, place }] of entry.kept) {
    if (entry.bytes <= maxBytes || entry.kept.size === 1) return;
    const [, request, sequence, batch] = written;
    remove(entry, timestamp);
    remember(entry, [timestamp, request, sequence, batch, null], place);
  }
}

function remove(entry: ClientEntry, timestamp: Timestamp): void {
  const executed = executedIn(entry, timestamp);
  if (executed === undefined) return;
  entry.bytes -= executed.bytes;
  entry.kept.delete(timestamp);
  entry.dropped.delete(timestamp);
  entry.spelled.delete(blockOf(executed.place));
}

/** Timestamps mostly grow, so the search starts at the end. */
function insertAscending(sorted: Timestamp[], value: Timestamp): void {
  let index = sorted.length;
  while ((sorted[index - 1] ?? value) > value) index -= 1;
  sorted.splice(index, 0, value);
}
