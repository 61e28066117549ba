/**
 * What idempotency keys stand for that were accepted before: such calls are answered from what is kept,
 * before anything is done for them as for new ones.
 *
 * Invariants kept here:
 * - what was accepted before takes no place among what is pending, no timestamp, no signature and no
 *   write, however often and by whomever it is repeated;
 * - answers are read in bounded parts;
 * - that a key is not found here decides nothing: the script that accepts looks again, in one step with
 *   accepting.
 */

import { sha256 } from '@ccro/crypto';
import type { Idempotency } from '../../answers/request-record.js';
import type { BrokerWatch } from '../../connection/broker-watch.js';
import { Waits } from '../../connection/wait.js';
import { keyReused, keyUnreadable, shuttingDown } from '../queue-error.js';
import { TrackedRequest } from '../tracked-request.js';
import type { KeyRecord } from './accepted-calls.js';
import type { AnswerPoller } from './answer-poller.js';
import type { Deliveries } from './deliveries.js';
import type { RequestStore } from './request-store.js';
import { unreachable } from './write-failure.js';

export interface KnownCallsParts {
  /** How long a call waits for Redis, in milliseconds. */
  readonly timeoutMs: number;
  readonly store: Pick<RequestStore, 'recordOf' | 'answersTo'>;
  readonly deliveries: Pick<Deliveries, 'find'>;
  readonly poller: Pick<AnswerPoller, 'watch'>;
  /** Tells when the connection to Redis has been away for longer than a moment. */
  readonly outages: BrokerWatch;
  readonly closing: AbortSignal;
}

export class KnownCalls {
  private readonly waits: Waits;

  constructor(private readonly parts: KnownCallsParts) {
    this.waits = new Waits(parts.outages, parts.closing);
  }

  /**
   * The requests that a key stands for, as far as it is known.
   *
   * @throws QueueError `key-reused`; `unreachable` or `closed`, when nothing was accepted
   */
  async find(idempotency: Idempotency): Promise<readonly TrackedRequest[] | undefined> {
    const { store, timeoutMs } = this.parts;
    // Whatever Redis refuses here, or cannot answer, it says again to who accepts.
    const looked = store.recordOf(sha256(idempotency.key)).catch(() => undefined);
    const end = await this.waits.firstOf(looked, timeoutMs);
    if (end === 'closing') throw shuttingDown();
    if (end !== 'finished') throw unreachable();
    const record = await looked;
    if (record === 'unreadable') throw keyUnreadable();
    return record && this.requestsOf(record, idempotency);
  }

  /** @throws QueueError `key-reused` where the key stands for other operations */
  async requestsOf(
    { fingerprint, ids }: KeyRecord,
    idempotency: Idempotency | undefined,
  ): Promise<readonly TrackedRequest[]> {
    if (fingerprint !== idempotency?.fingerprint) throw keyReused();
    const { deliveries, poller, timeoutMs } = this.parts;
    const requests = ids.map(
      (id) => deliveries.find(id) ?? new TrackedRequest(id, undefined, true),
    );
    const elsewhere = requests.filter((request) => request.elsewhere);
    const read = this.read(elsewhere).catch(() => undefined);
    if (elsewhere.length > 0) await this.waits.firstOf(read, timeoutMs);
    return requests.map((request) =>
      request.elsewhere && request.answer.status === 'pending'
        ? poller.watch(request, 2 * timeoutMs)
        : request,
    );
  }

  /** Finishes those of `requests` whose answers are recorded. */
  private async read(requests: readonly TrackedRequest[]): Promise<void> {
    const byId = new Map(requests.map((request) => [request.id, request]));
    for await (const answers of this.parts.store.answersTo([...byId.keys()])) {
      for (const [id, answer] of answers) byId.get(id)?.finish(answer);
    }
  }
}
