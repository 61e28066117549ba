/**
 * The queue for a broker that is Redis: an entry of a stream, the intake, holds the signed requests
 * of some calls from before they are accepted until all of them are finished.
 *
 * The gateway that accepts a call sends its requests itself, at once, and has `leaseMs` to finish
 * them. What still waits then is taken over by any gateway with this client id, the same one or
 * another. That is rare; usually an entry costs one write to add and one to remove.
 *
 * The invariants are kept by its parts: `admissions.ts`, `known-calls.ts`, `deliveries.ts`,
 * `request-store.ts`, `timestamp-blocks.ts`.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { RedisConnection, RedisError, TroubleError, troubleText } from '@ccro/redis';
import type { CcroClient } from '@ccro/client';
import type { Verifier } from '@ccro/crypto';
import { MAX_OPERATION_CHARACTERS } from '@ccro/wire';
import type { Logger } from '@nestjs/common';
import { BrokerWatch } from '../../connection/broker-watch.js';
import type { FinishedAnswer, RequestAnswer } from '../../answers/request-record.js';
import type { RequestSender } from '../request-sender.js';
import { SPAN } from '../../settings/pending-bounds.js';
import type { PendingLimit } from '../pending-limit.js';
import { overloaded, shuttingDown, tooLarge } from '../queue-error.js';
import type { AcceptedRequest, Call, RequestCounts, RequestQueue } from '../request-queue.js';
import { TrackedRequest } from '../tracked-request.js';
import { Admissions } from './admissions.js';
import { AnswerPoller } from './answer-poller.js';
import { Deliveries } from './deliveries.js';
import { KeyExpiry } from './key-expiry.js';
import { KnownCalls } from './known-calls.js';
import { RedisInspection, requireNothingOfEarlierVersion } from './redis-inspection.js';
import { REDIS_SCRIPTS } from './redis-scripts.js';
import { redisKeys, type RedisKeys } from './redis-keys.js';
import { RequestStore } from './request-store.js';
import { Takeovers } from './takeovers.js';
import { asQueueError, QueueErrorLog } from './write-failure.js';

/** How long closing waits for Redis to take what is being written. */
const CLOSE_TIMEOUT_MS = 1500;

export interface DurableRequestQueueOptions {
  /** The Redis that the broker uses. */
  readonly url: string;
  /** See `RedisClientOptions`. */
  readonly ca: string | undefined;
  readonly cluster: string;
  readonly clientId: string;
  /** W, as the replicas have it: how many executed timestamps of a client they remember. */
  readonly clientWindow: number;
  /** Finished requests under no idempotency key that are kept, of all gateways together. */
  readonly maxFinished: number;
  /** How long an idempotency key is kept after its answer, in milliseconds; 0: without end. */
  readonly keyRetentionMs: number;
  /** How long a call waits for Redis, in milliseconds. */
  readonly timeoutMs: number;
  /** How long a request is left to the gateway that accepted it, in milliseconds. */
  readonly leaseMs: number;
  /** For clusters that end with this process: nothing of them is left in Redis. */
  readonly forgetAtClose: boolean;
}

export interface DurableRequestQueueDependencies {
  readonly client: CcroClient;
  readonly sender: RequestSender;
  readonly verifier: Verifier;
  /** On the requests that this process handles. */
  readonly limit: PendingLimit;
  readonly logger: Pick<Logger, 'log' | 'warn'>;
}

/** What exists while the queue is open. */
interface Parts {
  readonly store: RequestStore;
  readonly deliveries: Deliveries;
  readonly admissions: Admissions;
  readonly known: KnownCalls;
  readonly poller: AnswerPoller;
  readonly takeovers: Takeovers;
  readonly expiry: KeyExpiry;
}

export class DurableRequestQueue implements RequestQueue {
  readonly durable = true;
  private readonly keys: RedisKeys;
  private readonly connection: RedisConnection;
  private readonly inspection: RedisInspection;
  private readonly outages: BrokerWatch;
  private readonly closing = new AbortController();
  private readonly listeners: ((answer: FinishedAnswer) => void)[] = [];
  private parts: Parts | undefined;
  private readonly errorLog: QueueErrorLog;

  constructor(
    private readonly options: DurableRequestQueueOptions,
    private readonly dependencies: DurableRequestQueueDependencies,
  ) {
    const { url, ca, cluster, clientId } = options;
    this.keys = redisKeys(cluster, clientId);
    this.connection = new RedisConnection({
      ...{ url, ca, name: `${this.keys.prefix}:${clientId}` },
      needsData: true,
      scripts: REDIS_SCRIPTS,
    });
    const { logger } = dependencies;
    this.connection.troubles.onChange((change) => logger.warn(troubleText(change)));
    this.inspection = new RedisInspection(this.connection, {
      probeKey: this.keys.clock,
      mustPersist: !options.forgetAtClose,
      warn: (line) => logger.warn(line),
    });
    this.outages = new BrokerWatch(this.connection);
    this.errorLog = new QueueErrorLog('The queue of requests', this.connection, logger);
  }

  async open(): Promise<void> {
    await this.connection.open();
    await this.requireUsable().catch(async (error: unknown) => {
      await this.connection.close();
      throw error;
    });
    this.inspection.start();
    const parts = this.createParts();
    this.parts = parts;
    const { store, takeovers, admissions, deliveries, expiry } = parts;
    if (this.options.keyRetentionMs > 0) expiry.start();
    const { entries, removed } = await store.takeUp();
    if (removed > 0) {
      this.dependencies.logger.warn(`${removed} finished requests counted as waiting: removed`);
    }
    const left = await store.countWaiting();
    takeovers.start(entries);
    if (left > 0) {
      const requests = left === 1 ? '1 request' : `${left} requests`;
      this.dependencies.logger.log(`${requests} accepted earlier, not decided yet: going on`);
    }
    this.connection.beforeConnected(async () => {
      await admissions.writeAgain();
      await deliveries.writeAgain();
    });
    const { logger } = this.dependencies;
    let forgetOutage: () => void = () => undefined;
    let saidAway = false;
    this.connection.onConnectionChange((connected) => {
      forgetOutage();
      if (connected) {
        if (saidAway) logger.warn('Redis is back: requests are accepted again');
        saidAway = false;
        admissions.resume();
        deliveries.resume();
      } else {
        forgetOutage = this.outages.onOutage(() => {
          saidAway = true;
          logger.warn('Redis is away: no request is accepted until it is back');
        });
      }
    });
  }

  async accept(call: Call): Promise<readonly AcceptedRequest[]> {
    const { operations, idempotency } = call;
    if (this.closing.signal.aborted) throw shuttingDown();
    if (operations.some(({ length }) => length > MAX_OPERATION_CHARACTERS)) throw tooLarge();
    const parts = this.opened;
    const known = idempotency && (await parts.known.find(idempotency));
    if (known !== undefined) return known;
    // In one step with counting them: see `Admissions.admit`.
    if (!this.dependencies.limit.admits(operations.length, pendingIn(parts))) throw overloaded();
    const { ids, verdict } = await parts.admissions.admit(call);
    if (verdict.kind === 'known') return parts.known.requestsOf(verdict.record, idempotency);
    return ids.map((id) => this.requestWith(id));
  }

  get pending(): number {
    return this.parts === undefined ? 0 : pendingIn(this.parts);
  }

  isFull(): boolean {
    const { parts } = this;
    return parts !== undefined && this.dependencies.limit.isFull(pendingIn(parts));
  }

  trouble(): string | undefined {
    return this.connection.troubles.reason;
  }

  async find(id: string): Promise<RequestAnswer | undefined> {
    const { deliveries, store } = this.opened;
    const tracked = deliveries.find(id);
    return tracked === undefined ? store.find(id).catch(throwQueueError) : tracked.answer;
  }

  async ownerOf(id: string): Promise<string | undefined> {
    const { deliveries, store } = this.opened;
    const tracked = deliveries.find(id);
    return tracked === undefined ? store.ownerOf(id).catch(throwQueueError) : tracked.owner;
  }

  onFinished(listener: (answer: FinishedAnswer) => void): void {
    this.listeners.push(listener);
  }

  counts(): RequestCounts {
    return this.parts?.deliveries.counts() ?? { pending: 0, decided: 0, failed: 0 };
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.inspection.stop();
    const { parts } = this;
    if (parts !== undefined) {
      parts.expiry.stop();
      const settled = this.settle(parts).catch(() => undefined);
      await Promise.race([settled, delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
      parts.admissions.close();
      parts.deliveries.close(shuttingDown());
      parts.poller.close();
    }
    await this.connection.close();
  }

  /** @throws RedisError unless this Redis may keep requests */
  private async requireUsable(): Promise<void> {
    try {
      await this.inspection.look();
    } catch (error) {
      if (!(error instanceof TroubleError)) throw error;
      const message = `Redis cannot keep requests: ${error.message}.`;
      throw new RedisError('rejected', message, { cause: error });
    }
    const { prefix } = this.keys;
    await requireNothingOfEarlierVersion(
      this.connection,
      `${prefix}:queue-${this.options.clientId}`,
    );
  }

  /** Lets what is being written be written, and gives entries back. */
  private async settle({ admissions, deliveries, takeovers, store }: Parts): Promise<void> {
    takeovers.close();
    // Calls that wait to be accepted fail first.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([admissions.idle(), deliveries.idle()]);
    if (this.options.forgetAtClose) await store.forget();
    else await store.giveBack([...deliveries.entryIds]);
  }

  private get opened(): Parts {
    if (this.parts === undefined) throw shuttingDown();
    return this.parts;
  }

  private createParts(): Parts {
    const { connection, keys, options, dependencies } = this;
    const span = Math.max(Math.floor(options.clientWindow * SPAN), 1);
    const store = new RequestStore({ ...options, keys, span }, connection);
    const finished = (answer: FinishedAnswer): void => {
      const tookMs = answer.status === 'decided' ? answer.consensusTimeMs : undefined;
      dependencies.limit.finished(pendingIn({ deliveries, admissions }), tookMs);
      for (const listener of this.listeners) listener(answer);
    };
    const trouble = (error: Error): void => this.errorLog.note(error);
    const deliveries = new Deliveries({
      ...dependencies,
      store,
      connection,
      maxRecent: options.maxFinished,
      ...{ finished, trouble },
    });
    const admissions = new Admissions({
      ...options,
      client: dependencies.client,
      store,
      connection,
      outages: this.outages,
      deliveries,
      closing: this.closing.signal,
    });
    const poller = new AnswerPoller((ids) => store.answersTo(ids));
    const known = new KnownCalls({
      timeoutMs: options.timeoutMs,
      ...{ store, deliveries, poller },
      outages: this.outages,
      closing: this.closing.signal,
    });
    const takeovers = new Takeovers({ store, deliveries, connection, trouble });
    const expiry = new KeyExpiry({ store, connection, trouble });
    return { store, deliveries, admissions, known, poller, takeovers, expiry };
  }

  /** A request that was accepted just now. */
  private requestWith(id: string): AcceptedRequest {
    const { deliveries, poller } = this.opened;
    const tracked = deliveries.find(id);
    if (tracked !== undefined) return tracked;
    return poller.watch(new TrackedRequest(id, undefined, true), 2 * this.options.timeoutMs);
  }
}

/** Requests on their way in or to their end. */
function pendingIn({ deliveries, admissions }: Pick<Parts, 'deliveries' | 'admissions'>): number {
  return deliveries.pending + admissions.pending;
}

function throwQueueError(error: unknown): never {
  throw asQueueError(error);
}
