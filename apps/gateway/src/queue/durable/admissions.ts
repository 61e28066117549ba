/**
 * How calls are accepted: they get timestamps of their own, and those that come in at a time are
 * signed and written to Redis together.
 *
 * Invariants kept here:
 * - nothing is sent, and no caller is told that anything was accepted, before Redis has confirmed
 *   the entry that holds it;
 * - a caller who is told that nothing was accepted can rely on it.
 */

import type { RedisConnection } from '@ccro/redis';
import { setTimeout as delay } from 'node:timers/promises';
import type { CcroClient } from '@ccro/client';
import { sha256 } from '@ccro/crypto';
import type { BrokerWatch } from '../../connection/broker-watch.js';
import { Waits } from '../../connection/wait.js';
import { requestId } from '../request-sender.js';
import { keyUnreadable, overloaded, shuttingDown } from '../queue-error.js';
import type { Call } from '../request-queue.js';
import type { SignedCall, Stamp, StampedCall } from './accepted-calls.js';
import type { Deliveries } from './deliveries.js';
import { GroupWriter, type Ticket } from './group-writer.js';
import type { RequestStore, Verdict } from './request-store.js';
import { TimestampBlocks } from './timestamp-blocks.js';
import { asQueueError, onWriteFailure, uncertain, unreachable } from './write-failure.js';

/** Characters of requests in one entry, at most, unless a single call has more. */
const MAX_ENTRY_CHARACTERS = 512 * 1024;
/** What a request adds to its operation: digest, signature, timestamp, names. */
const CHARACTERS_PER_REQUEST = 250;
/** A write that failed is tried again after this time, if nothing else calls for it before. */
const WRITE_RETRY_MS = 200;
/**
 * How long the first call waits for the nodes to say which timestamps they executed. With too few of
 * them calls are accepted all the same: Redis has its own count, unless it lost that.
 */
const KNOWN_TIMEOUT_MS = 2000;
/** How often a call gets other timestamps because its own were too old. */
const MAX_STAMPINGS = 5;

export interface AdmissionsParts {
  readonly clientId: string;
  /** How long a call waits for Redis, in milliseconds. */
  readonly timeoutMs: number;
  readonly client: CcroClient;
  readonly store: RequestStore;
  readonly connection: RedisConnection;
  /** Tells when that connection has been away for longer than a moment. */
  readonly outages: BrokerWatch;
  readonly deliveries: Deliveries;
  readonly closing: AbortSignal;
}

/** A verdict on a call, and the ids that it was handed in with. */
export interface Admission {
  readonly ids: readonly string[];
  readonly verdict: Extract<Verdict, { kind: 'accepted' | 'known' }>;
}

/** A call on its way, as the one who waits for it sees it. */
interface Attempt {
  readonly call: Call;
  ids: readonly string[];
  ticket: Ticket<Verdict> | undefined;
  /** Nobody waits any more. */
  over: boolean;
}

export class Admissions {
  private readonly timestamps: TimestampBlocks;
  private readonly writer: GroupWriter<StampedCall, Verdict>;
  private readonly waits: Waits;
  /** Requests of calls that are on their way. */
  private underWay = 0;
  /** The replicas have said which timestamps they executed, or too few of them answer. */
  private readonly known: Promise<void>;
  private isKnown = false;

  constructor(private readonly parts: AdmissionsParts) {
    const { connection, outages, closing } = parts;
    this.waits = new Waits(outages, closing);
    this.timestamps = new TimestampBlocks(
      (count, atLeast) => this.issue(count, atLeast),
      () => this.least,
    );
    this.known = this.untilTimestampsKnown();
    this.writer = new GroupWriter<StampedCall, Verdict>({
      write: (calls, repeated) => this.write(calls, repeated),
      sizeOf,
      maxSize: MAX_ENTRY_CHARACTERS,
      canWrite: () => connection.connected,
      onFailure: (error) => {
        setTimeout(() => this.writer.resume(), WRITE_RETRY_MS).unref();
        return onWriteFailure(error);
      },
    });
  }

  get pending(): number {
    return this.underWay;
  }

  /**
   * Its requests are pending from the moment of the call, before anything is waited for.
   *
   * @throws QueueError; unless it is `uncertain`, nothing was accepted and nothing will be
   */
  async admit(call: Call): Promise<Admission> {
    const attempt: Attempt = { call, ids: [], ticket: undefined, over: false };
    const { length } = call.operations;
    this.underWay += length;
    try {
      // Bounded by itself: it is the nodes that are waited for, and not Redis.
      if (!this.isKnown) await this.known;
      return await this.admitInTime(attempt);
    } catch (error) {
      throw asQueueError(error);
    } finally {
      this.underWay -= length;
    }
  }

  /** Before anything else is written after an outage: see `RequestStore.raiseIndex`. */
  async writeAgain(): Promise<void> {
    const { nextIndex } = this.timestamps;
    if (nextIndex > 0) await this.parts.store.raiseIndex(nextIndex);
  }

  /** The connection is back. */
  resume(): void {
    this.writer.resume();
  }

  /** Resolves when what is being written is written, as far as Redis can be reached. */
  idle(): Promise<void> {
    return this.writer.idle();
  }

  close(): void {
    this.writer.close(shuttingDown());
  }

  private async admitInTime(attempt: Attempt): Promise<Admission> {
    const finished = this.stampAndWrite(attempt);
    const end = await this.waits.firstOf(finished, this.parts.timeoutMs);
    if (end === 'finished') return finished;
    attempt.over = true;
    if (attempt.ticket !== undefined && !attempt.ticket.withdraw()) {
      const admission = end === 'closing' ? await this.writtenBy(finished) : undefined;
      if (admission !== undefined) return admission;
      throw uncertain(attempt.ids);
    }
    throw end === 'closing' ? shuttingDown() : unreachable();
  }

  /**
   * The outcome of a write that is under way when the queue closes: closing waits for it, so that the
   * caller learns it.
   *
   * @returns undefined when that is not known in time, or it failed in whatever way
   */
  private async writtenBy(finished: Promise<Admission>): Promise<Admission | undefined> {
    const { timeoutMs, outages } = this.parts;
    const known = finished.catch(() => undefined);
    const end = await new Waits(outages).firstOf(known, timeoutMs);
    return end === 'finished' ? known : undefined;
  }

  private async stampAndWrite(attempt: Attempt): Promise<Admission> {
    for (let stamping = 1; stamping <= MAX_STAMPINGS; stamping += 1) {
      const stamps = await this.timestamps.take(attempt.call.operations.length);
      if (attempt.over) throw unreachable();
      const stamped = this.stamp(attempt.call, stamps);
      attempt.ids = stamped.requests.map(({ id }) => id);
      attempt.ticket = this.writer.add(stamped);
      const verdict = await attempt.ticket.result;
      if (verdict.kind === 'full') throw overloaded();
      if (verdict.kind === 'unknown') throw uncertain(attempt.ids);
      if (verdict.kind === 'unreadable') throw keyUnreadable();
      if (verdict.kind !== 'expired') return { ids: attempt.ids, verdict };
      // Others were given too many timestamps since these: the rest of their block is as old.
      this.timestamps.drop();
      if (attempt.over) throw unreachable();
      attempt.ticket = undefined;
    }
    throw overloaded();
  }

  private stamp({ operations, owner, idempotency }: Call, stamps: readonly Stamp[]): StampedCall {
    const { client, clientId } = this.parts;
    const requests = stamps.map(({ timestamp, index }, position) => ({
      id: requestId(clientId, timestamp),
      index,
      request: client.draft(timestamp, operations[position] ?? ''),
    }));
    if (idempotency === undefined) return { requests, owner };
    const { key, fingerprint } = idempotency;
    const record = { fingerprint, ids: requests.map(({ id }) => id) };
    return { requests, owner, key: { digest: sha256(key), record } };
  }

  /** One entry for all; sends what was accepted as soon as that is known. */
  private async write(
    stamped: readonly StampedCall[],
    repeated: boolean,
  ): Promise<readonly Verdict[]> {
    const { store, deliveries } = this.parts;
    const calls = this.sign(stamped);
    const { wanted, atLeast } = this.timestamps;
    const { entry, issued, verdicts } = await store.accept(calls, wanted, atLeast);
    if (issued !== undefined) this.timestamps.add(issued, wanted);
    const accepted = calls.filter((_, index) => verdicts[index]?.kind === 'accepted');
    deliveries.begin({ id: entry, calls: accepted });
    return repeated ? verdicts.map(orUnknown) : verdicts;
  }

  private sign(calls: readonly StampedCall[]): readonly SignedCall[] {
    const drafts = calls.flatMap(({ requests }) => requests.map(({ request }) => request));
    const signed = this.parts.client.sign(drafts).values();
    return calls.map(({ key, owner, requests }) => ({
      key,
      owner,
      requests: requests.flatMap(({ id, index }) => {
        const { value: request } = signed.next();
        return request === undefined ? [] : { id, index, request };
      }),
    }));
  }

  /** Above what the replicas executed of this client, as far as they said. */
  private get least(): number {
    return this.isKnown ? this.parts.client.nextTimestamp : 0;
  }

  private async untilTimestampsKnown(): Promise<void> {
    const known = this.parts.client.timestampsKnown().then(() => void (this.isKnown = true));
    await Promise.race([known, delay(KNOWN_TIMEOUT_MS, undefined, { ref: false })]);
  }

  /** Timestamps may be asked for again: those that got lost on the way are never used. */
  private async issue(count: number, atLeast: number): Promise<Stamp> {
    const { connection, store, closing } = this.parts;
    const least = Math.max(atLeast, this.least);
    for (;;) {
      await connection.untilConnected(closing);
      try {
        return await store.issue(count, least);
      } catch (error) {
        if (onWriteFailure(error) === 'fail' || closing.aborted) throw asQueueError(error);
        await delay(WRITE_RETRY_MS, undefined, { ref: false });
      }
    }
  }
}

/**
 * An attempt that may have happened may also be over: decided and forgotten, so that a repetition
 * is refused that would have been accepted before.
 */
function orUnknown(verdict: Verdict): Verdict {
  return verdict.kind === 'expired' || verdict.kind === 'full' ? { kind: 'unknown' } : verdict;
}

function sizeOf({ requests }: StampedCall): number {
  return requests.reduce(
    (sum, { request }) => sum + request.operation.length + CHARACTERS_PER_REQUEST,
    0,
  );
}
