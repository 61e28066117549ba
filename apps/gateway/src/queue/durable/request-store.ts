/**
 * The few steps on Redis that the durable queue consists of, each of them atomic.
 *
 * What was accepted is in the intake, a stream: an entry holds the signed requests of some calls
 * until all of them are finished. Its consumer group knows when each entry was last leased to a
 * gateway: it is left to that one for `leaseMs`, and after that to the first gateway that asks.
 *
 * Invariants kept here:
 * - a request counts as accepted if and only if the entry that holds it is in Redis: both are
 *   written by one script, and what waits without an entry is removed by `takeUp`;
 * - whose a request is can be read as long as it waits and as long as its answer is kept: its owner is
 *   written by the script that accepts it, and removed by the one that records its answer;
 * - what is written again after an outage is what is open, or was recorded, and is missing: nothing
 *   that is finished waits again;
 * - no request that waits is overtaken by so many others of its client that the replicas could
 *   forget whether it executed (see `span`).
 */

import type { RedisConnection } from '@ccro/redis';
import type { FinishedAnswer, RequestAnswer } from '../../answers/request-record.js';
import { clientOfId, requestId } from '../request-sender.js';
import {
  callsIn,
  entryOf,
  readKeyRecord,
  type KeptCall,
  type KeyRecord,
  type SignedCall,
  type Stamp,
} from './accepted-calls.js';
import { ownerIn, unpackAnswer } from './packed-answer.js';
import { groupsOf, type Ending, type PastEnding } from './recorded-endings.js';
import { redisKeys, type RedisKeys } from './redis-keys.js';
import { CONSUMER, type ScriptName } from './redis-scripts.js';

/** What became of a call that was handed in. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** Its idempotency key was accepted before, for these requests. */
  | { readonly kind: 'known'; readonly record: KeyRecord }
  /** Others were given so many timestamps since that its own are too old to be used. */
  | { readonly kind: 'expired' }
  /** Its client has as much waiting as may be. */
  | { readonly kind: 'full' }
  /** What is there under its idempotency key was not written by a gateway. */
  | { readonly kind: 'unreadable' }
  /** It is refused now, but an attempt before may have been accepted. */
  | { readonly kind: 'unknown' };

/** An entry whose requests are seen to. */
export interface OpenEntry {
  /** Undefined where that is not known: the gateway that leases the entry next finds out. */
  readonly id: string | undefined;
  /** Those of its calls that have open requests, with these alone. */
  readonly calls: readonly SignedCall[];
}

/** An entry as it was found. */
export interface KeptEntry {
  readonly id: string;
  /** Undefined for what no gateway of this client wrote. */
  readonly calls: readonly KeptCall[] | undefined;
}

export interface Accepted {
  /** The entry that was written, if one was. */
  readonly entry: string | undefined;
  /** The first of the timestamps that were wanted. */
  readonly issued: Stamp | undefined;
  readonly verdicts: readonly Verdict[];
}

export interface RequestStoreOptions {
  readonly cluster: string;
  readonly clientId: string;
  readonly keys: RedisKeys;
  /**
   * From the oldest request that waits to the newest that was accepted, at most, counted in
   * timestamps given out. Replicas remember the W newest executed timestamps of a client and refuse
   * older ones, as they may have executed: with a span below W nothing that waits ever is older.
   */
  readonly span: number;
  /** Places for finished requests under no key: see `MAX_PLACE_BYTES`. */
  readonly maxFinished: number;
  /** How long a key is kept after its last answer, in milliseconds; 0: without end. */
  readonly keyRetentionMs: number;
  /** How long a request is left to the gateway that accepted it, in milliseconds. */
  readonly leaseMs: number;
}

/** What a script answers with: a text, or a list of texts and nulls. */
type Reply = string | readonly (string | null)[];

/** Entries that are read, or leased, at once. */
const MAX_ENTRIES = 100;

/** Answers that are read at once, unless a single one is longer. */
const MAX_READ_BYTES = 1024 * 1024;

/** Requests of idempotency keys whose time is over that go at once. */
const MAX_EXPIRED = 1000;

/** An entry that is given back looks as if its lease had begun so long ago. */
const GIVEN_BACK_MS = 86_400_000;

export class RequestStore {
  constructor(
    private readonly options: RequestStoreOptions,
    private readonly connection: RedisConnection,
  ) {}

  /**
   * Gives out `count` timestamps, dense and ascending, that no process was given before.
   *
   * @param atLeast smallest timestamp to give out
   */
  async issue(count: number, atLeast: number): Promise<Stamp> {
    const reply = await this.run('ccroIssue', [this.options.keys.clock, count, atLeast]);
    return stampIn(reply as Reply);
  }

  /**
   * Prevents indexes below `index` from being given out. So after Redis lost its count, the distance from
   * the waiting requests to newly accepted ones still is the difference of their indexes.
   */
  async raiseIndex(index: number): Promise<void> {
    await this.run('ccroRaise', [this.options.keys.clock, index]);
  }

  /**
   * Accepts calls and writes an entry that holds them, in one round trip. May be repeated with the
   * same calls when its outcome is unknown.
   *
   * @param wanted how many timestamps to give out on the occasion
   * @param atLeast the smallest of them
   * @returns a verdict for each call; no request of a call that is not accepted is ever sent
   */
  async accept(calls: readonly SignedCall[], wanted: number, atLeast: number): Promise<Accepted> {
    const reply = await this.write(calls, [this.options.span, wanted, atLeast, 0]);
    const [issued, entry, ...verdicts] = reply as readonly Reply[];
    return {
      entry: entry === '' ? undefined : (entry as string),
      issued: issued === undefined || issued.length === 0 ? undefined : stampIn(issued),
      verdicts: verdicts.map(verdictIn),
    };
  }

  /**
   * Makes sure that Redis has an entry that it confirmed before, and what is open of it.
   *
   * @returns the entry's id, which is another one if it had to be written again
   */
  async keep({ id, calls }: OpenEntry): Promise<string> {
    const { waiting, answers, keys, intake } = this.options.keys;
    const ids = calls.flatMap(({ requests }) => requests.map((request) => request.id));
    const digests = calls.flatMap(({ key }) => (key?.record === undefined ? [] : key.digest));
    if (id !== undefined) {
      const parts = [waiting, answers, keys, intake, id, ids.length, ...ids, ...digests];
      if ((await this.run('ccroIsWhole', parts)) === 1) return id;
    }
    const [, written] = (await this.write(calls, [0, 0, 0, 1])) as readonly string[];
    return written ?? '';
  }

  /** What is kept of an idempotency key. @param digest of the key */
  async recordOf(digest: string): Promise<KeyRecord | 'unreadable' | undefined> {
    const text = await this.connection.redis.hget(this.options.keys.keys, digest);
    return text === null ? undefined : (readKeyRecord(text) ?? 'unreadable');
  }

  /** Records how requests ended. @returns for each the packed answer that was recorded first, and so stands */
  async record(endings: readonly Ending[]): Promise<string[]> {
    const { keys, keyRetentionMs, maxFinished } = this.options;
    const earlier = (await this.run('ccroRecord', [
      ...[keys.waiting, keys.answers, keys.finished, keys.keys, keys.kept, keys.owners],
      ...[keyRetentionMs, maxFinished],
      ...endings.flatMap(({ id, key, packed }) => [id, key, packed]),
    ])) as readonly string[];
    return endings.map(({ packed }, index) => earlier[index] || packed);
  }

  /** Makes sure that Redis has what was recorded. @param endings the newest first */
  async recordAgain(endings: readonly PastEnding[]): Promise<void> {
    const { keys, keyRetentionMs, maxFinished } = this.options;
    for (const group of groupsOf(endings)) {
      const written = new Set<KeyRecord>();
      await this.run('ccroRecordAgain', [
        ...[keys.answers, keys.finished, keys.keys, keys.kept],
        ...[keyRetentionMs, maxFinished],
        ...group.flatMap(({ id, key, record, packed, ageMs }) => {
          const text = record === undefined || written.has(record) ? '' : JSON.stringify(record);
          if (record !== undefined) written.add(record);
          const age = ageMs === undefined ? '' : String(Math.floor(ageMs));
          return [id, key, text, packed, age];
        }),
      ]);
    }
  }

  /**
   * Drops idempotency keys whose time is over, with their answers: a bounded number in one step.
   *
   * @returns whether more may be over
   */
  async expire(): Promise<boolean> {
    const { keys, keyRetentionMs } = this.options;
    const parts = [keys.answers, keys.keys, keys.kept, keyRetentionMs, MAX_EXPIRED];
    return (await this.run('ccroExpire', parts)) === 1;
  }

  /** What waits still of an entry that was left behind. */
  async openOf(calls: readonly KeptCall[]): Promise<readonly SignedCall[]> {
    const { keys } = this.options;
    const { redis } = this.connection;
    const requests = calls.flatMap((call) => call.requests);
    const ids = requests.map(({ client, timestamp }) => requestId(client, timestamp));
    const digests = calls.map(({ key }) => key);
    const [scores, records] = await Promise.all([
      redis.zmscore(keys.waiting, ...ids),
      redis.hmget(keys.keys, ...digests),
    ]);
    const indexOf = new Map(ids.map((id, position) => [id, scores[position]]));
    return calls.flatMap(({ key: digest, owner, requests: kept }, position) => {
      const open = kept.flatMap((request) => {
        const id = requestId(request.client, request.timestamp);
        const index = indexOf.get(id) ?? null;
        return index === null ? [] : { id, request, index: Number(index) };
      });
      if (open.length === 0) return [];
      const text = records[position] ?? null;
      const record = text === null ? undefined : readKeyRecord(text);
      const call = { requests: open, owner };
      return digest === '' ? call : { ...call, key: { digest, record } };
    });
  }

  /**
   * Leases all entries with open requests when a gateway starts, leased ones too: their holder is taken to
   * be an earlier process of this gateway, which has ended or is about to.
   *
   * Also removes waiting requests that no entry holds, since no gateway would ever process them. A
   * request waits from when its entry is written until it is finished, and the entry is removed after
   * that. So a request that waited before all entries were read, and is in none, has no entry left.
   */
  async takeUp(): Promise<{ readonly entries: readonly KeptEntry[]; readonly removed: number }> {
    const { redis } = this.connection;
    const { waiting, owners, answers, intake } = this.options.keys;
    const ids = await redis.zrange(waiting, '0', '-1');
    if (ids.length === 0) return { entries: [], removed: 0 };
    const answered = await redis.hmget(answers, ...ids);
    const lost = new Set(ids);
    const open = new Set(ids.filter((_, position) => answered[position] === null));
    const entries: KeptEntry[] = [];
    for await (const page of this.pages()) {
      const left = page.filter((entry) => idsIn(entry).some((id) => open.has(id)));
      if (left.length > 0) await this.run('ccroLease', [intake, ...left.map(({ id }) => id)]);
      for (const id of left.flatMap(idsIn)) if (open.has(id)) lost.delete(id);
      entries.push(...left);
    }
    if (lost.size === 0) return { entries, removed: 0 };
    const removed = await redis.zrem(waiting, ...lost);
    await redis.hdel(owners, ...lost);
    return { entries, removed };
  }

  /** Leases the entries whose lease is over. @returns their ids */
  async leaseOverdue(): Promise<readonly string[]> {
    const { intake } = this.options.keys;
    const found: string[] = [];
    let start = '0-0';
    do {
      const reply = await this.connection.redis
        .xautoclaim(intake, ...CONSUMER, this.options.leaseMs, start, ...PAGE, 'JUSTID')
        .catch(orNoGroup);
      const [next, ids] = reply as [string, string[]];
      found.push(...ids);
      start = next;
    } while (start !== '0-0');
    return found;
  }

  /** @returns undefined for an entry that was removed meanwhile */
  async read(id: string): Promise<KeptEntry | undefined> {
    const [entry] = await this.connection.redis.xrange(this.options.keys.intake, id, id);
    return entry === undefined ? undefined : this.entryIn(entry);
  }

  /** Has others take entries at once. */
  async giveBack(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    const { intake } = this.options.keys;
    const idle = ['IDLE', GIVEN_BACK_MS, 'JUSTID'] as const;
    await this.connection.redis.xclaim(intake, ...CONSUMER, 0, ...ids, ...idle);
  }

  /** Removes the entry of requests that are all finished. */
  async remove(id: string): Promise<void> {
    const { intake } = this.options.keys;
    // In this order none is left that nobody leases: of what was removed the group forgets itself.
    await Promise.all([
      this.connection.redis.xdel(intake, id),
      this.connection.redis.xack(intake, CONSUMER[0], id),
    ]);
  }

  /** Has nobody lease an entry any more, which stays to be looked at. */
  async setAside(id: string): Promise<void> {
    await this.connection.redis.xack(this.options.keys.intake, CONSUMER[0], id);
  }

  async find(id: string): Promise<RequestAnswer | undefined> {
    const client = clientOfId(id);
    if (client === undefined) return undefined;
    const { cluster, keys } = this.options;
    // In this order a request that is finished in between is found.
    const [waiting, answer] = await Promise.all([
      this.connection.redis.zscore(redisKeys(cluster, client).waiting, id),
      this.connection.redis.hget(keys.answers, id),
    ]);
    if (answer !== null) return unpackAnswer(id, answer);
    return waiting === null ? undefined : { id, status: 'pending' };
  }

  /** Whose request it is, whoever sees to it; undefined: nobody's, or one that is not known. */
  async ownerOf(id: string): Promise<string | undefined> {
    const client = clientOfId(id);
    if (client === undefined) return undefined;
    const { cluster, keys } = this.options;
    // In this order a request that is finished in between is found.
    const [owner, answer] = await Promise.all([
      this.connection.redis.hget(redisKeys(cluster, client).owners, id),
      this.connection.redis.hget(keys.answers, id),
    ]);
    return answer === null ? (owner ?? undefined) : ownerIn(answer);
  }

  /** The answers to those of `ids` that are finished, as many at once as are read at once. */
  async *answersTo(ids: readonly string[]): AsyncGenerator<ReadonlyMap<string, FinishedAnswer>> {
    for (let left = ids; left.length > 0;) {
      const reply = await this.run('ccroAnswers', [
        this.options.keys.answers,
        MAX_READ_BYTES,
        ...left,
      ]);
      const texts = reply as readonly (string | null)[];
      yield answersIn(left, texts);
      left = left.slice(texts.length);
    }
  }

  /** How many requests of this client wait for their decision. */
  async countWaiting(): Promise<number> {
    return this.connection.redis.zcard(this.options.keys.waiting);
  }

  /** Forgets everything about the cluster and this client. */
  async forget(): Promise<void> {
    const { prefix: _, ...kept } = this.options.keys;
    await this.connection.redis.del(...Object.values(kept));
  }

  /** Writes an entry and accepts its calls, both or neither. */
  private write(
    calls: readonly SignedCall[],
    [span, wanted, atLeast, again]: readonly [number, number, number, 0 | 1],
  ): Promise<unknown> {
    const { keys, clientId } = this.options;
    return this.run('ccroAccept', [
      ...[keys.clock, keys.waiting, keys.answers, keys.keys, keys.intake, keys.owners],
      ...[entryOf(clientId, calls), span, wanted, atLeast, again],
      ...calls.flatMap(argumentsOf),
    ]);
  }

  /** All entries, the oldest first. */
  private async *pages(): AsyncGenerator<readonly KeptEntry[]> {
    let start = '-';
    for (;;) {
      const page = await this.connection.redis.xrange(
        this.options.keys.intake,
        start,
        '+',
        ...PAGE,
      );
      const last = page.at(-1);
      if (last === undefined) return;
      yield page.map((entry) => this.entryIn(entry));
      start = `(${last[0]}`;
    }
  }

  private entryIn([id, fields]: [id: string, fields: string[]]): KeptEntry {
    return { id, calls: callsIn(fields[1] ?? '', this.options.clientId) };
  }

  private async run(script: ScriptName, args: readonly (string | number)[]): Promise<unknown> {
    try {
      const commands = this.connection.redis as unknown as Record<ScriptName, Script>;
      return await commands[script](...args);
    } catch (error) {
      // A server that was the primary is not any more: a new connection finds out.
      const trouble = this.connection.troubles.failed('write', error);
      if (trouble?.code === 'READONLY') this.connection.renew();
      throw error;
    }
  }
}

type Script = (...args: (string | number)[]) => Promise<unknown>;

const PAGE = ['COUNT', MAX_ENTRIES] as const;

/** Before anything was ever accepted. */
function orNoGroup(error: unknown): readonly unknown[] {
  if (error instanceof Error && error.message.startsWith('NOGROUP')) return ['0-0', []];
  throw error;
}

function argumentsOf({ key, owner = '', requests }: SignedCall): readonly (string | number)[] {
  const record = key?.record === undefined ? '' : JSON.stringify(key.record);
  return [
    ...[key?.digest ?? '', record, owner, requests.length],
    ...requests.flatMap(({ id, index }) => [id, index]),
  ];
}

/** Ids of the requests in an entry. */
function idsIn({ calls = [] }: KeptEntry): readonly string[] {
  return calls.flatMap(({ requests }) =>
    requests.map(({ client, timestamp }) => requestId(client, timestamp)),
  );
}

function stampIn([timestamp, index]: Reply): Stamp {
  return { timestamp: Number(timestamp), index: Number(index) };
}

function verdictIn(reply: Reply): Verdict {
  switch (reply) {
    case 'accepted':
    case 'expired':
    case 'full':
      return { kind: reply };
    default: {
      const record = readKeyRecord(reply[0] ?? '');
      return record === undefined ? { kind: 'unreadable' } : { kind: 'known', record };
    }
  }
}

function answersIn(
  ids: readonly string[],
  texts: readonly (string | null)[],
): ReadonlyMap<string, FinishedAnswer> {
  const answers = new Map<string, FinishedAnswer>();
  ids.forEach((id, index) => {
    const text = texts[index];
    if (typeof text === 'string') answers.set(id, unpackAnswer(id, text));
  });
  return answers;
}
