/**
 * The requests this process sees to, from the moment that they are accepted until their answers are
 * recorded.
 *
 * Invariant kept here: nobody is told of an answer before Redis has confirmed that it is recorded,
 * or which other one was recorded first.
 */

import { ClientError } from '@ccro/client';
import type { RejectCode } from '@ccro/consensus';
import type { Verifier } from '@ccro/crypto';
import type { FinishedAnswer } from '../../requests/request-record.js';
import { requestId, type Courier } from '../courier.js';
import type { RequestCounts } from '../request-queue.js';
import { TrackedRequest } from '../tracked-request.js';
import { keyRecordOf, type KeptRequest, type SignedCall } from './accepted-job.js';
import { GroupWriter } from './group-writer.js';
import type { QueueConnection } from './queue-connection.js';
import type { Ending, RequestStore } from './request-store.js';

/** Answers recorded at once, at most. */
const MAX_RECORDED = 1000;
/** A record that was refused (Redis' memory is full) is tried again after this time. */
const RECORD_RETRY_MS = 500;

/** A job, and those of its calls that were accepted. */
export interface AcceptedJob {
  readonly id: string;
  readonly calls: readonly SignedCall[];
}

interface OwnJob extends AcceptedJob {
  /** Requests that are not finished. */
  left: number;
}

export interface DeliveriesParts {
  readonly store: RequestStore;
  readonly connection: QueueConnection;
  readonly courier: Courier;
  readonly verifier: Verifier;
  /** Endings that are remembered in case Redis loses them. */
  readonly maxRecent: number;
  readonly finished: (answer: FinishedAnswer) => void;
}

export class Deliveries {
  private readonly tracked = new Map<string, TrackedRequest>();
  private readonly jobs = new Map<string, OwnJob>();
  /** The newest endings that were recorded, in case Redis loses them. */
  private readonly recent = new Map<string, Ending>();
  private readonly records: GroupWriter<Ending, FinishedAnswer>;
  private decided = 0;
  private failed = 0;

  constructor(private readonly parts: DeliveriesParts) {
    const { store, connection } = parts;
    this.records = new GroupWriter<Ending, FinishedAnswer>({
      write: (endings) => store.record(endings),
      sizeOf: () => 1,
      maxSize: MAX_RECORDED,
      canWrite: () => connection.connected,
      onFailure: () => {
        setTimeout(() => this.records.resume(), RECORD_RETRY_MS).unref();
        return 'unknown';
      },
    });
  }

  /** Sends the requests of calls that were accepted, which are all that the job is for. */
  begin({ id, calls }: AcceptedJob): void {
    const requests = calls.flatMap(keptRequestsOf);
    if (requests.length === 0) {
      this.discard(id);
      return;
    }
    const job: OwnJob = { id, calls, left: requests.length };
    this.jobs.set(id, job);
    const { courier } = this.parts;
    for (const kept of requests) {
      const answer = courier.deliver(idOf(kept), kept.request);
      void this.carry(kept, answer).then(() => this.finishOneOf(job));
    }
  }

  /** Sees to a request that was left behind, and to its end. */
  async takeOver(kept: KeptRequest): Promise<void> {
    const { courier, verifier } = this.parts;
    const id = idOf(kept);
    const tracked = this.find(id);
    if (tracked !== undefined) {
      await tracked.finished;
      return;
    }
    const verified = verifier.verify(kept.request);
    await this.carry(
      kept,
      typeof verified === 'string'
        ? Promise.resolve(unverifiable(id, verified))
        : courier.deliver(id, kept.request),
    );
  }

  find(id: string): TrackedRequest | undefined {
    return this.tracked.get(id);
  }

  get pending(): number {
    return this.tracked.size;
  }

  counts(): RequestCounts {
    return { pending: this.tracked.size, decided: this.decided, failed: this.failed };
  }

  /**
   * After an outage Redis may have lost what it confirmed: the last second, or everything. What
   * this process knows of is written again, before anything else is: so that an idempotency key
   * is not taken for a new one, and what is still waiting outlives this process.
   */
  async writeAgain(): Promise<void> {
    const { store } = this.parts;
    for (const { calls } of [...this.jobs.values()]) {
      await store.accept(calls, { wanted: 0, atLeast: 0, again: true });
    }
    const endings = [...this.recent.values()];
    for (let start = 0; start < endings.length; start += MAX_RECORDED) {
      await store.record(endings.slice(start, start + MAX_RECORDED));
    }
  }

  /** The connection is back. */
  resume(): void {
    this.records.resume();
  }

  /** Resolves when all answers that came in are recorded, as far as Redis can be reached. */
  idle(): Promise<void> {
    return this.records.idle();
  }

  close(error: Error): void {
    this.records.close(error);
  }

  /** Resolves when the request is finished, or never, when this process closes before. */
  private async carry(kept: KeptRequest, delivered: Promise<FinishedAnswer>): Promise<void> {
    const tracked = new TrackedRequest(idOf(kept));
    this.tracked.set(tracked.id, tracked);
    const answer = await delivered.catch(unlessClosed);
    const recorded =
      answer && (await this.records.add({ answer, key: kept.key }).result.catch(() => undefined));
    if (recorded === undefined) {
      // Closed before it was recorded: whoever takes it over sends it again.
      await tracked.finished;
      return;
    }
    this.tracked.delete(tracked.id);
    this.remember({ answer: recorded, key: kept.key, record: kept.record });
    if (recorded.status === 'decided') this.decided += 1;
    else this.failed += 1;
    tracked.finish(recorded);
    this.parts.finished(recorded);
  }

  private remember(ending: Ending): void {
    this.recent.set(ending.answer.id, ending);
    if (this.recent.size <= this.parts.maxRecent) return;
    const [oldest] = this.recent.keys();
    if (oldest !== undefined) this.recent.delete(oldest);
  }

  private finishOneOf(job: OwnJob): void {
    job.left -= 1;
    if (job.left > 0) return;
    this.jobs.delete(job.id);
    this.discard(job.id);
  }

  /** A job that is not removed now is found to be done by the worker that gets it later. */
  private discard(jobId: string): void {
    this.parts.store.removeJob(jobId).catch(() => undefined);
  }
}

/** The key's record goes with one of its requests: that is enough to write it again. */
function keptRequestsOf(call: SignedCall): readonly KeptRequest[] {
  const key = call.key?.digest ?? '';
  const record = keyRecordOf(call);
  return call.requests.map(({ request }, index) =>
    index === 0 && record !== undefined ? { request, key, record } : { request, key },
  );
}

function idOf({ request }: KeptRequest): string {
  return requestId(request.client, request.timestamp);
}

/** What was signed with another key than the cluster knows is never decided. */
function unverifiable(id: string, code: RejectCode): FinishedAnswer {
  const detail =
    `The request was kept with a signature that does not hold (${code}): ` +
    'it is not what was accepted, or the key of this client has changed since.';
  return { id, status: 'failed', error: 'unverifiable', detail };
}

function unlessClosed(error: unknown): undefined {
  if (error instanceof ClientError && error.code === 'closed') return undefined;
  throw error;
}
