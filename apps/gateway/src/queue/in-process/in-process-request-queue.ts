/**
 * The queue for the embedded broker: everything ends with the process, as the broker itself does.
 *
 * Invariants kept here:
 * - accepting is one synchronous step, so that two calls with one idempotency key never both find
 *   it unused;
 * - nothing is signed before the nodes said which timestamps of this client they executed.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { ClientError, type CcroClient, type Submission } from '@ccro/client';
import { MAX_OPERATION_CHARACTERS } from '@ccro/wire';
import type { FinishedAnswer, Idempotency, RequestAnswer } from '../../answers/request-record.js';
import { requestId, type RequestSender } from '../request-sender.js';
import { packAnswer, placesOf, unpackAnswer } from '../durable/packed-answer.js';
import type { AcceptedRequest, Call, RequestCounts, RequestQueue } from '../request-queue.js';
import type { PendingLimit } from '../pending-limit.js';
import { keyReused, nodesUnreachable, overloaded, shuttingDown, tooLarge } from '../queue-error.js';
import { TrackedRequest } from '../tracked-request.js';

/** How long a call waits until the nodes have said which timestamps they executed. */
const KNOWN_TIMEOUT_MS = 5000;

export interface InProcessRequestQueueOptions {
  readonly clientId: string;
  /** Finished requests under no idempotency key that are remembered at most, in places. */
  readonly maxFinished: number;
  /** How long an idempotency key is kept after its answer, in milliseconds; 0: without end. */
  readonly keyRetentionMs: number;
}

/** A text takes as much memory as is counted; what it says may take twenty times as much. */
interface Finished {
  readonly packed: string;
  readonly owner: string | undefined;
}

interface KeptKey {
  readonly idempotency: Idempotency;
  readonly ids: readonly string[];
  /** Requests of the key that are not finished. */
  pending: number;
  /** When the last of them finished, on the wall clock. */
  finishedAtMs: number;
}

export class InProcessRequestQueue implements RequestQueue {
  readonly durable = false;
  private readonly tracked = new Map<string, TrackedRequest>();
  /** In the order in which they finished; those under a key are with their key. */
  private readonly finished = new Map<string, Finished>();
  /** That they take. */
  private places = 0;
  /** In the order in which they were finished, those that are pending somewhere between. */
  private readonly keys = new Map<string, KeptKey>();
  /** Finished ones under a key. */
  private readonly keyed = new Map<string, Finished>();
  private readonly listeners: ((answer: FinishedAnswer) => void)[] = [];
  private decided = 0;
  private failed = 0;
  private closed = false;
  /** Whether the client is above what the nodes executed of an earlier process. */
  private timestampsKnown = false;

  constructor(
    private readonly options: InProcessRequestQueueOptions,
    private readonly client: CcroClient,
    private readonly sender: RequestSender,
    private readonly limit: PendingLimit,
  ) {}

  async open(): Promise<void> {
    void this.client.timestampsKnown().then(() => (this.timestampsKnown = true));
  }

  async accept(call: Call): Promise<readonly AcceptedRequest[]> {
    if (!this.timestampsKnown) await this.untilTimestampsKnown();
    return this.acceptNow(call);
  }

  /** @throws QueueError when too few nodes answer: then nothing would be decided either */
  private async untilTimestampsKnown(): Promise<void> {
    const known = this.client.timestampsKnown().then(() => (this.timestampsKnown = true));
    const late = delay(KNOWN_TIMEOUT_MS, undefined, { ref: false });
    await Promise.race([known, late]);
    if (!this.timestampsKnown && !this.closed) throw nodesUnreachable();
  }

  get pending(): number {
    return this.tracked.size;
  }

  isFull(): boolean {
    return this.limit.isFull(this.pending) || this.client.capacity <= 0;
  }

  trouble(): undefined {
    return undefined;
  }

  find(id: string): Promise<RequestAnswer | undefined> {
    return Promise.resolve(this.requestWith(id)?.answer);
  }

  ownerOf(id: string): Promise<string | undefined> {
    const { owner } = this.tracked.get(id) ?? this.finishedWith(id) ?? {};
    return Promise.resolve(owner);
  }

  private requestWith(id: string): TrackedRequest | undefined {
    const pending = this.tracked.get(id);
    if (pending !== undefined) return pending;
    const finished = this.finishedWith(id);
    if (finished === undefined) return undefined;
    const request = new TrackedRequest(id, finished.owner);
    request.finish(unpackAnswer(id, finished.packed));
    return request;
  }

  private finishedWith(id: string): Finished | undefined {
    return this.keyed.get(id) ?? this.finished.get(id);
  }

  onFinished(listener: (answer: FinishedAnswer) => void): void {
    this.listeners.push(listener);
  }

  counts(): RequestCounts {
    return { pending: this.pending, decided: this.decided, failed: this.failed };
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }

  private acceptNow({ operations, owner, idempotency }: Call): readonly TrackedRequest[] {
    if (this.closed) throw shuttingDown();
    const kept = idempotency === undefined ? undefined : this.keys.get(idempotency.key);
    if (kept !== undefined) {
      if (kept.idempotency.fingerprint !== idempotency?.fingerprint) throw keyReused();
      return kept.ids.flatMap((id) => this.requestWith(id) ?? []);
    }
    // Everything that could go wrong goes wrong here, before the first of them is sent.
    if (operations.some(({ length }) => length > MAX_OPERATION_CHARACTERS)) throw tooLarge();
    const admitted = this.limit.admits(operations.length, this.pending);
    if (!admitted || this.client.capacity < operations.length) throw overloaded();
    const submissions = operations.map((operation) => this.client.submit(operation));
    const requests = submissions.map(
      ({ timestamp }) => new TrackedRequest(requestId(this.options.clientId, timestamp), owner),
    );
    const key = idempotency === undefined ? undefined : this.keep(idempotency, requests);
    requests.forEach((request, index) => {
      const submission = submissions[index];
      if (submission !== undefined) void this.seeTo(request, submission, key);
    });
    return requests;
  }

  private keep(idempotency: Idempotency, requests: readonly TrackedRequest[]): KeptKey {
    const ids = requests.map(({ id }) => id);
    const key = { idempotency, ids, pending: requests.length, finishedAtMs: 0 };
    this.keys.set(idempotency.key, key);
    return key;
  }

  private async seeTo(
    request: TrackedRequest,
    submission: Submission,
    key: KeptKey | undefined,
  ): Promise<void> {
    this.tracked.set(request.id, request);
    let answer: FinishedAnswer;
    try {
      answer = await this.sender.answerTo(request.id, submission);
    } catch (error) {
      if (error instanceof ClientError) return;
      throw error;
    }
    this.tracked.delete(request.id);
    const tookMs = answer.status === 'decided' ? answer.consensusTimeMs : undefined;
    this.limit.finished(this.pending, tookMs);
    const finished = { packed: packAnswer(answer, request.owner), owner: request.owner };
    if (key === undefined) {
      this.remember(request.id, finished);
    } else {
      this.keyed.set(request.id, finished);
      this.touch(key);
    }
    request.finish(answer);
    if (answer.status === 'decided') this.decided += 1;
    else this.failed += 1;
    for (const listener of this.listeners) listener(answer);
  }

  private remember(id: string, finished: Finished): void {
    this.finished.set(id, finished);
    this.places += placesOf(finished.packed);
    for (const [oldest, { packed }] of this.finished) {
      if (this.places <= this.options.maxFinished) return;
      this.finished.delete(oldest);
      this.places -= placesOf(packed);
    }
  }

  /** A request of `key` has finished: its time begins anew, and that of others may be over. */
  private touch(key: KeptKey): void {
    const nowMs = Date.now();
    key.pending -= 1;
    key.finishedAtMs = nowMs;
    this.keys.delete(key.idempotency.key);
    this.keys.set(key.idempotency.key, key);
    const { keyRetentionMs } = this.options;
    if (keyRetentionMs === 0) return;
    for (const [name, { pending, finishedAtMs, ids }] of this.keys) {
      if (pending > 0) continue;
      if (finishedAtMs > nowMs - keyRetentionMs) break;
      this.keys.delete(name);
      for (const id of ids) this.keyed.delete(id);
    }
  }
}
