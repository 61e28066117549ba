/**
 * The few steps on Redis that the durable queue consists of, each of them atomic.
 *
 * Invariants kept here:
 * - a request counts as accepted if and only if the job that holds it is in Redis: both are
 *   written by one transaction, and what waits without a job is removed by `heal`;
 * - what is written again after an outage is what is open, or was recorded, and is missing: nothing
 *   that is finished waits again;
 * - no request that waits is overtaken by so many others of its client that the replicas could
 *   forget whether it executed (see `span`).
 */

import { Job, type Queue, type RedisQueueBackend } from 'bullmq';
import type { FinishedAnswer, RequestAnswer } from '../../requests/request-record.js';
import { clientOfId, requestId } from '../courier.js';
import {
  callsOf,
  jobDataOf,
  type JobData,
  type KeptCall,
  type KeyRecord,
  type SignedCall,
  type Stamp,
} from './accepted-job.js';
import { ownerIn, packAnswer, unpackAnswer } from './packed-answer.js';
import type { QueueConnection } from './queue-connection.js';
import { waitingKey, type RedisKeys } from './redis-keys.js';

/** What became of a call that was handed in. */
export type Verdict =
  | { readonly kind: 'accepted' }
  /** Its idempotency key was accepted before, for these requests. */
  | {
      readonly kind: 'known';
      readonly record: KeyRecord;
      readonly answers: ReadonlyMap<string, FinishedAnswer>;
    }
  /** Others were given so many timestamps since that its own are too old to be used. */
  | { readonly kind: 'expired' }
  /** Its client has as much waiting as may be. */
  | { readonly kind: 'full' }
  /** It is refused now, but an attempt before may have been accepted. */
  | { readonly kind: 'unknown' };

/** How a request ended, to be recorded. */
export interface Ending {
  readonly answer: FinishedAnswer;
  /** See `Call`. */
  readonly owner?: string | undefined;
  /** Digest of the idempotency key; '' for none. */
  readonly key: string;
}

/** How a request ended that was recorded before, in case Redis lost it. */
export interface PastEnding extends Ending {
  /** What the key stands for, if this process knows it. */
  readonly record: KeyRecord | undefined;
  /** Milliseconds since it was recorded; undefined while other requests of its call are open. */
  readonly ageMs: number | undefined;
}

export interface AcceptOptions {
  /** How many timestamps to give out on the occasion. */
  readonly wanted: number;
  /** The smallest of them. */
  readonly atLeast: number;
}

/** A job whose requests are seen to. */
export interface OpenJob {
  readonly id: string;
  /** Those of its calls that have open requests, with these alone. */
  readonly calls: readonly SignedCall[];
}

export interface Accepted {
  readonly jobId: string;
  /** The first of the timestamps that were wanted. */
  readonly issued: Stamp | undefined;
  readonly verdicts: readonly Verdict[];
}

type QueueClient = RedisQueueBackend['client'];
type Transaction = ReturnType<Awaited<QueueClient>['multi']>;

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
  /** How long a key is kept after its last answer, in milliseconds; 0: for ever. */
  readonly keyRetentionMs: number;
  /** How long the gateway that accepted a request has it to itself, in milliseconds. */
  readonly leaseMs: number;
}

/** What a script answers with: a text, or a list of texts and nulls. */
type Reply = string | readonly (string | null)[];

/** Jobs that no gateway could make sense of, kept to be looked at. */
const MAX_FAILED_JOBS = 1000;

export class RequestStore {
  constructor(
    private readonly options: RequestStoreOptions,
    private readonly connection: QueueConnection,
    private readonly queue: Queue,
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
   * Has no index below `index` given out any more. After Redis lost its count, the distance from
   * what waits to what is accepted next is that between their indexes all the same.
   */
  async raiseIndex(index: number): Promise<void> {
    await this.run('ccroRaise', [this.options.keys.clock, index]);
  }

  /**
   * Writes a job with the requests of `calls` and accepts each call, in one round trip. May be
   * repeated with the same calls when its outcome is unknown.
   *
   * @returns a verdict for each call; no request of a call that is not accepted is ever sent
   */
  async accept(calls: readonly SignedCall[], options: AcceptOptions): Promise<Accepted> {
    const { span } = this.options;
    const { wanted, atLeast } = options;
    const jobId = jobIdOf(calls);
    const accepted = await this.write({ id: jobId, calls }, [span, wanted, atLeast, 0]);
    const [issued, ...verdicts] = accepted as readonly Reply[];
    return {
      jobId,
      issued: issued === undefined || issued.length === 0 ? undefined : stampIn(issued),
      verdicts: verdicts.map(verdictIn),
    };
  }

  /** Makes sure that Redis has a job that it confirmed before, and what is open of it. */
  async keep(job: OpenJob): Promise<void> {
    const { waiting, answers, keys } = this.options.keys;
    const ids = job.calls.flatMap(({ requests }) => requests.map(({ id }) => id));
    const digests = job.calls.flatMap(({ key }) => (key?.record === undefined ? [] : key.digest));
    const isWhole = await this.run('ccroIsWhole', [
      ...[waiting, answers, keys, this.queue.toKey(job.id)],
      ...[ids.length, ...ids, ...digests],
    ]);
    if (isWhole !== 1) await this.write(job, [0, 0, 0, 1]);
  }

  /** Records how requests ended. @returns for each what was recorded first, and so stands */
  async record(endings: readonly Ending[]): Promise<FinishedAnswer[]> {
    const { keys, keyRetentionMs, maxFinished } = this.options;
    const earlier = (await this.run('ccroRecord', [
      ...[keys.waiting, keys.answers, keys.finished, keys.keys, keys.kept],
      ...[keyRetentionMs, maxFinished],
      ...endings.flatMap(({ answer, owner, key }) => [answer.id, key, packAnswer(answer, owner)]),
    ])) as readonly string[];
    return endings.map(({ answer }, index) => {
      const text = earlier[index] ?? '';
      return text === '' ? answer : unpackAnswer(answer.id, text);
    });
  }

  /** Makes sure that Redis has what was recorded. @param endings the newest first */
  async recordAgain(endings: readonly PastEnding[]): Promise<void> {
    const { keys, keyRetentionMs, maxFinished } = this.options;
    const written = new Set<KeyRecord>();
    await this.run('ccroRecordAgain', [
      ...[keys.answers, keys.finished, keys.keys, keys.kept],
      ...[keyRetentionMs, maxFinished],
      ...endings.flatMap(({ answer, owner, key, record, ageMs }) => {
        const text = record === undefined || written.has(record) ? '' : JSON.stringify(record);
        if (record !== undefined) written.add(record);
        const age = ageMs === undefined ? '' : String(Math.floor(ageMs));
        return [answer.id, key, text, packAnswer(answer, owner), age];
      }),
    ]);
  }

  /** What waits still of a job that was left behind. */
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
      const record = text === null ? undefined : (JSON.parse(text) as KeyRecord);
      const call = { requests: open, owner };
      return digest === '' ? call : { ...call, key: { digest, record } };
    });
  }

  /**
   * Removes what waits although no job holds it, so that nobody sees to it: earlier versions could
   * leave it behind, and it counts as pending. What is in a job that was given up is tried again.
   *
   * A request waits from the moment that its job is written until it is finished, and its job is
   * removed after that. So what waited before all jobs were listed, and is in none of them, is
   * finished or has none.
   *
   * @returns how many requests were removed
   */
  async heal(): Promise<number> {
    const { redis } = this.connection;
    const { waiting, answers } = this.options.keys;
    const ids = await redis.zrange(waiting, '0', '-1');
    if (ids.length === 0) return 0;
    const answered = await redis.hmget(answers, ...ids);
    const open = new Set(ids.filter((_, position) => answered[position] === null));
    const held = new Set<string>();
    for (const { id: jobId, failed } of await this.jobs()) {
      const data = await redis.hget(this.queue.toKey(jobId), 'data');
      const own = idsIn(data).filter((id) => open.has(id));
      for (const id of own) held.add(id);
      if (failed && own.length > 0) await (await this.queue.getJob(jobId))?.retry();
    }
    const orphans = ids.filter((id) => !held.has(id));
    if (orphans.length > 0) await redis.zrem(waiting, ...orphans);
    return orphans.length;
  }

  /** Removes the job of requests that are all finished, unless a worker has it: then that does. */
  async removeJob(jobId: string): Promise<void> {
    await this.queue.remove(jobId);
  }

  async find(id: string): Promise<RequestAnswer | undefined> {
    const client = clientOfId(id);
    if (client === undefined) return undefined;
    const { cluster, keys } = this.options;
    // In this order a request that is finished in between is found.
    const [waiting, answer] = await Promise.all([
      this.connection.redis.zscore(waitingKey(cluster, client), id),
      this.connection.redis.hget(keys.answers, id),
    ]);
    if (answer !== null) return unpackAnswer(id, answer);
    return waiting === null ? undefined : { id, status: 'pending' };
  }

  /** Whose request it is, once it is finished. */
  async ownerOf(id: string): Promise<string | undefined> {
    const answer = await this.connection.redis.hget(this.options.keys.answers, id);
    return answer === null ? undefined : ownerIn(answer);
  }

  /** The answers to those of `ids` that are finished. */
  async answersTo(ids: readonly string[]): Promise<ReadonlyMap<string, FinishedAnswer>> {
    const texts = await this.connection.redis.hmget(this.options.keys.answers, ...ids);
    return answersIn(ids, texts);
  }

  /** How many requests of this client wait for their decision. */
  async countWaiting(): Promise<number> {
    return this.connection.redis.zcard(this.options.keys.waiting);
  }

  /** Forgets everything about the cluster and this client. */
  async forget(): Promise<void> {
    const { clock, waiting, answers, finished, keys, kept } = this.options.keys;
    await this.queue.obliterate({ force: true });
    await this.connection.redis.del(clock, waiting, answers, finished, keys, kept);
  }

  /** BullMQ's client over the one connection, which runs scripts inside transactions too. */
  private get client(): QueueClient {
    return this.queue.getBackend().client;
  }

  /** Writes a job and accepts its calls, both or neither. */
  private async write(
    { id, calls }: OpenJob,
    [span, wanted, atLeast, again]: readonly [number, number, number, 0 | 1],
  ): Promise<unknown> {
    const { keys, clientId, leaseMs } = this.options;
    const transaction = (await this.client).multi();
    await this.job(id, jobDataOf(clientId, calls), leaseMs).addJob(transaction);
    transaction.runCommand('ccroAccept', [
      ...[keys.clock, keys.waiting, keys.answers, keys.keys, this.queue.toKey(id)],
      ...[span, wanted, atLeast, again],
      ...calls.flatMap(argumentsOf),
    ]);
    const [, accepted] = await this.execute(transaction);
    return accepted;
  }

  /** All jobs of the queue, in whatever place, as of one moment. */
  private async jobs(): Promise<readonly { readonly id: string; readonly failed: boolean }[]> {
    const places = ['wait', 'paused', 'active', 'delayed', 'prioritized', 'failed'];
    const listing = this.connection.redis.multi();
    for (const place of places) {
      const key = this.queue.toKey(place);
      if (place === 'delayed' || place === 'prioritized' || place === 'failed') {
        listing.zrange(key, '0', '-1');
      } else {
        listing.lrange(key, 0, -1);
      }
    }
    const results = (await listing.exec()) ?? [];
    return results.flatMap(([error, ids], position) => {
      if (error !== null) throw error;
      const failed = places[position] === 'failed';
      return (ids as readonly string[]).map((id) => ({ id, failed }));
    });
  }

  private job(jobId: string, data: JobData, delay: number): Job<JobData> {
    const removeOnFail = { count: MAX_FAILED_JOBS };
    const options = { jobId, delay, removeOnComplete: true, removeOnFail };
    return new Job<JobData>(this.queue, 'requests', data, options, jobId);
  }

  private async run(script: string, args: readonly (string | number)[]): Promise<unknown> {
    try {
      return (await (await this.client).runCommand(script, [...args])) as unknown;
    } catch (error) {
      throw this.noted(error);
    }
  }

  private async execute(transaction: Transaction): Promise<unknown[]> {
    let results: Awaited<ReturnType<Transaction['exec']>>;
    try {
      results = await transaction.exec();
    } catch (error) {
      throw this.noted(error);
    }
    return (results ?? []).map(([error, value]) => {
      if (error !== null) throw this.noted(error);
      return value as unknown;
    });
  }

  /**
   * ioredis takes scripts to be loaded that were flushed since, and a server to be the primary that
   * it was: a new connection finds out.
   */
  private noted(error: unknown): unknown {
    const { troubles } = this.connection;
    const wasReadOnly = troubles.failed('write', error)?.code === 'READONLY';
    if (wasReadOnly || (error instanceof Error && /^NOSCRIPT\b/.test(error.message))) {
      this.connection.renew();
    }
    return error;
  }
}

/** Numbered as its first request is: unique, and the same when it is written once more. */
function jobIdOf(calls: readonly SignedCall[]): string {
  return calls[0]?.requests[0]?.id ?? '';
}

function argumentsOf({ key, requests }: SignedCall): readonly (string | number)[] {
  const record = key?.record === undefined ? '' : JSON.stringify(key.record);
  return [
    ...[key?.digest ?? '', record, requests.length],
    ...requests.flatMap(({ id, index }) => [id, index]),
  ];
}

/** Ids of the requests in a job, given its data as Redis has it. */
function idsIn(data: string | null): readonly string[] {
  if (data === null) return [];
  const calls = callsOf(JSON.parse(data)) ?? [];
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
      const [text, ...answers] = reply;
      const record = JSON.parse(text ?? '') as KeyRecord;
      return { kind: 'known', record, answers: answersIn(record.ids, answers) };
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
