import type {
  ClientId,
  RequestResult,
  Restored,
  SequenceNumber,
  StoredDecision,
  StoreRecord,
  Timestamp,
} from '@ccro/consensus';
import type { GetOptions } from 'classic-level';
import { readChecked, withChecksum } from './checked-value.js';
import { packValue, unpackValue } from './packed-value.js';
import type { ConfirmedFile } from './confirmed-file.js';
import { DECISIONS, keyOf, pageKey, type ChunkValue, type DecisionValue } from './entries.js';
import { readContent, type ChunkDigests, type LevelContent } from './level-content.js';
import { batchEntry, openFiles, type Level, type StoreIdentity } from './level-files.js';
import type { HeldSnapshot, ReplicaStore } from './replica-store.js';
import { restoredFrom } from './restored-from.js';
import { findResult, storedDecision, type StoredResult } from './result-pages.js';
import { Retention, type Change } from './retention.js';
import { Damage, StoreError, storeFailure } from './store-error.js';

export interface DiskSettings {
  /** Made if it is not there; nobody else writes into it. */
  readonly directory: string;
  /**
   * `fsync`: confirmed records survive a crash of the machine. `async`: they survive the end of
   * the process; a crash of the machine may take some, and then the store is refused.
   */
  readonly durability: 'fsync' | 'async';
  /** Files that LevelDB may keep open; undefined: its own default, 1000. */
  readonly maxOpenFiles?: number | undefined;
}

export interface LevelStoreOptions extends DiskSettings {
  readonly identity: StoreIdentity;
  readonly digests: ChunkDigests;
}

/** A state of the database that stays readable. */
type Frozen = NonNullable<GetOptions<string, string>['snapshot']>;

type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/**
 * A store on disk, over LevelDB.
 *
 * Invariants kept here:
 * - durable before visible: `append` resolves after its batch is durable and its number confirmed;
 * - order: batches are written one after another, as `append` was called;
 * - after a failure nothing more is written: what follows might not fit what is there.
 */
export class LevelStore implements ReplicaStore {
  private readonly retention: Retention;
  /** Checksums by key of what a restarting replica needs. */
  private readonly live: Map<string, number>;
  private checksums: number;
  private batches: number;
  /** Settles when everything asked for so far is done. Never rejects. */
  private idle: Promise<unknown> = Promise.resolve();
  private failure: StoreError | undefined;
  private closing: Promise<void> | undefined;
  private opened: { readonly restored: Restored | undefined } | undefined;

  private constructor(
    private readonly options: LevelStoreOptions,
    private readonly db: Level,
    private readonly confirmed: ConfirmedFile,
    { batch, entries, checksums }: LevelContent,
  ) {
    this.opened = { restored: restoredFrom(entries) };
    this.retention = new Retention(entries);
    this.live = new Map(checksums);
    this.checksums = batch.checksums;
    this.batches = batch.number;
  }

  /**
   * Opens the store, or makes it, and reads everything that a restarting replica needs.
   *
   * @throws StoreError
   */
  static async open(options: LevelStoreOptions): Promise<LevelStore> {
    const { directory, identity, digests, maxOpenFiles } = options;
    try {
      const { db, confirmed } = await openFiles(directory, identity, maxOpenFiles);
      try {
        const content = await readContent(db, confirmed.read(), digests);
        const store = new LevelStore(options, db, confirmed, content);
        confirmed.write(content.batch.number);
        return store;
      } catch (error) {
        confirmed.close();
        await db.close();
        throw error;
      }
    } catch (error) {
      throw storeFailure(directory, error);
    }
  }

  append(records: readonly StoreRecord[]): Promise<void> {
    return this.inTurn(() => this.write(records));
  }

  /** Gives it once, so that the state is not kept in memory. */
  restore(): Promise<Restored | undefined> {
    const { opened } = this;
    if (opened === undefined) return Promise.reject(new Error('restore was called before'));
    this.opened = undefined;
    return Promise.resolve(opened.restored);
  }

  decisions(
    first: SequenceNumber,
    last: SequenceNumber,
    maxCharacters = Infinity,
  ): Promise<StoredDecision[]> {
    return this.readingSlots(first, last, (snapshot, limit) =>
      this.readDecisions(first, { limit, maxCharacters }, snapshot),
    );
  }

  result(
    sequence: SequenceNumber,
    client: ClientId,
    timestamp: Timestamp,
  ): Promise<StoredResult | undefined> {
    return this.readingSlots(sequence, sequence, async (snapshot, limit) => {
      if (limit === 0) return undefined;
      const key = keyOf({ kind: 'decision', sequence });
      const stored = unpackValue(await this.valueAt(key, snapshot)) as DecisionValue;
      return findResult(stored, client, timestamp, async (position) => {
        const page = await this.valueAt(pageKey(sequence, position), snapshot);
        return page as readonly RequestResult[];
      });
    });
  }

  snapshot(sequence: SequenceNumber): Promise<HeldSnapshot | undefined> {
    return this.inTurn(() => {
      const { state } = this.retention;
      if (state?.sequence !== sequence) return undefined;
      const snapshot = this.db.snapshot() as Frozen;
      const chunks = this.retention.stateChunks();
      const keys = new Map(chunks.map((chunk) => [chunk.name, keyOf({ ...chunk, kind: 'chunk' })]));
      let released = false;
      return {
        ...state,
        chunks: chunks.map(({ name, digest }) => ({ name, digest })),
        text: async (name: string) => {
          if (released) return undefined;
          try {
            return await this.chunkText(keys.get(name), snapshot);
          } catch (error) {
            // Let go of while it was being read: nothing is wrong with the store.
            if (released) return undefined;
            throw error;
          }
        },
        release: () => {
          released = true;
          return snapshot.close();
        },
      };
    });
  }

  /** Waits for what was asked for, and leaves everything on the disk. May be called again. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  /** Runs tasks one after another. Once one has failed to write, all others fail as well. */
  private inTurn<T>(task: () => T | Promise<T>): Promise<T> {
    if (this.closing !== undefined) {
      const closed = `the store in ${this.options.directory} is closed`;
      return Promise.reject(new StoreError('unavailable', closed));
    }
    const done = this.idle.then(() => {
      if (this.failure !== undefined) throw this.failure;
      return task();
    });
    this.idle = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  private async write(records: readonly StoreRecord[]): Promise<void> {
    try {
      const operations = this.retention.apply(records).flatMap((change) => this.account(change));
      if (operations.length === 0) return;
      this.batches += 1;
      operations.push({ type: 'put', ...this.batchEntry() });
      await this.db.batch(operations, { sync: this.options.durability === 'fsync' });
      this.confirmed.write(this.batches);
    } catch (error) {
      this.failure = storeFailure(this.options.directory, error);
      throw this.failure;
    }
  }

  /** Counts what a restarting replica needs. @returns what to do in the database */
  private account(change: Change): Operation[] {
    const { key } = change;
    this.checksums -= this.live.get(key) ?? 0;
    switch (change.kind) {
      case 'put': {
        const { text, checksum } = withChecksum(key, packValue(change.value));
        this.live.set(key, checksum);
        this.checksums += checksum;
        return [{ type: 'put', key, value: text }];
      }
      case 'put-page':
        return [{ type: 'put', key, value: withChecksum(key, change.value).text }];
      case 'delete':
        this.live.delete(key);
        return [{ type: 'del', key }];
      case 'archive':
        this.live.delete(key);
        return [];
    }
  }

  private batchEntry(): { readonly key: string; readonly value: string } {
    const { batches, live, checksums } = this;
    return batchEntry({ number: batches, entries: live.size, checksums });
  }

  /** @param read reads slots first..last, of which so many are there, as they are now */
  private async readingSlots<T>(
    first: SequenceNumber,
    last: SequenceNumber,
    read: (snapshot: Frozen, limit: number) => Promise<T>,
  ): Promise<T> {
    const { snapshot, limit } = await this.inTurn(() => ({
      snapshot: this.db.snapshot() as Frozen,
      limit: this.decisionsThere(first, last),
    }));
    try {
      return await read(snapshot, limit);
    } catch (error) {
      throw storeFailure(this.options.directory, error);
    } finally {
      await snapshot.close();
    }
  }

  /** How many decisions there are from `first` on, one after another, up to `last`. */
  private decisionsThere(first: SequenceNumber, last: SequenceNumber): number {
    let next = first;
    while (next <= last && this.retention.hasDecision(next)) next += 1;
    return next - first;
  }

  private async readDecisions(
    first: SequenceNumber,
    { limit, maxCharacters }: { readonly limit: number; readonly maxCharacters: number },
    snapshot: Frozen,
  ): Promise<StoredDecision[]> {
    const found: StoredDecision[] = [];
    let characters = 0;
    const range = { gte: keyOf({ kind: 'decision', sequence: first }), lt: DECISIONS.end };
    for await (const [key, text] of this.db.iterator({ ...range, limit, snapshot })) {
      if (key !== keyOf({ kind: 'decision', sequence: first + found.length })) break;
      characters += text.length;
      if (characters > maxCharacters && found.length > 0) return found;
      found.push(storedDecision(unpackValue(readChecked(key, text).value) as DecisionValue));
    }
    if (found.length === limit) return found;
    throw new Damage(`the decision of slot ${first + found.length} is missing`);
  }

  private async chunkText(key: string | undefined, snapshot: Frozen): Promise<string | undefined> {
    if (key === undefined) return undefined;
    try {
      return ((await this.valueAt(key, snapshot)) as ChunkValue).text;
    } catch (error) {
      throw storeFailure(this.options.directory, error);
    }
  }

  private async valueAt(key: string, snapshot: Frozen): Promise<unknown> {
    const text = await this.db.get(key, { snapshot });
    if (text === undefined) throw new Damage(`the entry ${JSON.stringify(key)} is missing`);
    return readChecked(key, text).value;
  }

  private async finish(): Promise<void> {
    await this.idle;
    try {
      if (this.failure === undefined) await this.flush();
    } catch (error) {
      throw storeFailure(this.options.directory, error);
    } finally {
      this.confirmed.close();
      await this.db.close();
    }
  }

  /** With `async` the last batches may not have reached the disk yet: they do with the next one. */
  private async flush(): Promise<void> {
    if (this.options.durability === 'async') {
      await this.db.batch([{ type: 'put', ...this.batchEntry() }], { sync: true });
    }
    this.confirmed.sync();
  }
}
