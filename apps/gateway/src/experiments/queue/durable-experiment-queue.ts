/**
 * The queue in Redis: a BullMQ job for each experiment. Its data is what was asked for, its progress
 * the account of what was measured. A gateway that ends gives the job back; the job of one that was
 * killed is found out by its lock, a few seconds later, and goes on elsewhere or after the restart.
 */

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import { experimentKeyPrefix } from '@ccro/cluster-config';
import type { CellMeasurer, ExperimentPlan } from '@ccro/experiment';
import { isRefusal, RedisConnection } from '@ccro/redis';
import { Queue, type Job } from 'bullmq';
import type { DurableRequestQueueOptions } from '../../queue/durable/durable-request-queue.js';
import { asQueueError, onWriteFailure, QueueErrorLog } from '../../queue/durable/write-failure.js';
import { QueueError, shuttingDown } from '../../queue/queue-error.js';
import {
  accountSchema,
  experimentOf,
  isEnded,
  orderSchema,
  summaryOf,
  type Account,
  type Order,
  type Experiment,
  type ExperimentSummary,
} from '../experiment.js';
import { runExperiment } from '../run-experiment.js';
import { MAX_ENDED, requireRoom, type ExperimentQueue } from './experiment-queue.js';
import { EVENTS_KEPT, ExperimentWorker, UnusableJobError } from './experiment-worker.js';

const JOB_NAME = 'experiment';
const QUEUE_NAME = 'experiments';
/** How often a gateway looks whether another one was asked to cancel what it measures. */
const CANCEL_LOOK_MS = 200;
/** How long `cancel` waits for the end. */
const CANCEL_BOUND_MS = 2000;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const CLOSE_TIMEOUT_MS = 2000;

export type DurableExperimentQueueOptions = Pick<
  DurableRequestQueueOptions,
  'url' | 'ca' | 'cluster' | 'clientId' | 'forgetAtClose'
>;

export interface DurableExperimentQueueDependencies {
  readonly createMeasurer: () => CellMeasurer;
  readonly logger: Pick<Logger, 'log' | 'warn'>;
}

export class DurableExperimentQueue implements ExperimentQueue {
  private readonly prefix: string;
  private readonly connection: RedisConnection;
  private readonly closing = new AbortController();
  /** Of the experiment that is measured here, by id. */
  private readonly cancelling = new Map<string, AbortController>();
  /** When the newest experiment was asked for here: their order is that of their times. */
  private newestMs = 0;
  /** Those that will not change any more, by id. */
  private readonly ended = new Map<string, ExperimentSummary>();
  private running: Promise<void> = Promise.resolve();
  /** They are taken one after another: each sees all that were taken before it. */
  private adding: Promise<unknown> = Promise.resolve();
  private queue: Queue | undefined;
  private worker: ExperimentWorker | undefined;

  constructor(
    private readonly options: DurableExperimentQueueOptions,
    private readonly dependencies: DurableExperimentQueueDependencies,
  ) {
    const { url, ca, cluster, clientId } = options;
    this.prefix = experimentKeyPrefix(cluster);
    const name = `${this.prefix}:${clientId}`;
    this.connection = new RedisConnection({ url, ca, name, needsData: true });
  }

  /** BullMQ's queue, for who looks after queues. */
  get bullQueue(): Queue {
    if (this.queue === undefined) throw shuttingDown();
    return this.queue;
  }

  async open(): Promise<void> {
    const { connection, prefix } = this;
    const { url, ca, clientId } = this.options;
    await connection.open();
    this.queue = new Queue(QUEUE_NAME, {
      connection: connection.redis,
      prefix,
      // The connection has checked it; of its settings the queue of requests says what matters.
      skipVersionCheck: true,
      streams: { events: { maxLen: EVENTS_KEPT } },
      defaultJobOptions: {
        removeOnComplete: { count: MAX_ENDED },
        removeOnFail: { count: MAX_ENDED },
      },
    });
    this.queue.on('error', () => undefined);
    await this.queue.waitUntilReady();
    const errorLog = new QueueErrorLog('Experiments', connection, this.dependencies.logger);
    this.worker = new ExperimentWorker(
      { url, ca, name: `${prefix}:${clientId}`, prefix, queueName: QUEUE_NAME },
      {
        see: (id) => (this.running = this.see(id)),
        trouble: (error) => errorLog.note(error),
      },
    );
    this.worker.start();
  }

  add(plan: ExperimentPlan, owner?: string): Promise<Experiment> {
    const added = this.adding.then(() => this.addNow(plan, owner));
    this.adding = added.catch(() => undefined);
    return added;
  }

  async find(id: string): Promise<Experiment | undefined> {
    return this.asked(async (queue) => {
      const job = await jobOf(queue, id);
      return job === undefined ? undefined : described(job, await job.isActive());
    });
  }

  async list(): Promise<readonly ExperimentSummary[]> {
    return this.asked(async (queue) => {
      // All places at once, so that no job is missed that changes its place meanwhile.
      const ids = await queue.getRanges(['active', 'wait', 'completed', 'failed'], 0, -1);
      const active = new Set(await queue.getRanges(['active'], 0, -1));
      const found = await Promise.all(ids.map((id) => this.summaryAt(queue, id, active.has(id))));
      const summaries = found.flatMap((summary) => summary ?? []);
      const kept = new Set(ids);
      for (const id of this.ended.keys()) if (!kept.has(id)) this.ended.delete(id);
      return summaries.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
    });
  }

  async cancel(id: string): Promise<Experiment | undefined> {
    const found = await this.find(id);
    if (found === undefined || isEnded(found)) return found;
    await this.asked(async (queue) => {
      const job = await jobOf(queue, id);
      await job?.updateData({ ...(job.data as Order), cancelled: true });
    });
    this.cancelling.get(id)?.abort();
    return this.untilEnded(id);
  }

  async close(): Promise<void> {
    this.closing.abort();
    const { worker, queue } = this;
    await worker?.close();
    // What it started is gone by then; it kept what it had to keep.
    await this.running.catch(() => undefined);
    if (queue !== undefined && this.options.forgetAtClose && this.connection.connected) {
      const timeout = delay(CLOSE_TIMEOUT_MS, undefined, { ref: false });
      await Promise.race([queue.obliterate({ force: true }).catch(() => undefined), timeout]);
    }
    await queue?.close().catch(() => undefined);
    await this.connection.close();
  }

  private async addNow(plan: ExperimentPlan, owner?: string): Promise<Experiment> {
    if (this.closing.signal.aborted) throw shuttingDown();
    requireRoom(await this.unfinishedOwners(), owner);
    const jobId = randomUUID();
    this.newestMs = Math.max(Date.now(), this.newestMs + 1);
    const options = { jobId, timestamp: this.newestMs };
    try {
      const job = await this.bullQueue.add(JOB_NAME, { plan, owner }, options);
      const created = { id: jobId, createdAtMs: job.timestamp, order: { plan } };
      return experimentOf({ ...created, account: undefined, isActive: false });
    } catch (error) {
      if (onWriteFailure(error) !== 'unknown') throw asQueueError(error);
      const message =
        'The connection to Redis broke while the experiment was written: GET /experiments tells ' +
        'whether it was accepted.';
      throw new QueueError('uncertain', message, { cause: error });
    }
  }

  /** Those that were cancelled while they waited are in their places still, and take none. */
  private async unfinishedOwners(): Promise<(string | undefined)[]> {
    return this.asked(async (queue) => {
      const jobs = await queue.getJobs(['wait', 'active']);
      return jobs.flatMap((job) => {
        const order = orderSchema.safeParse(job?.data).data;
        return order === undefined || order.cancelled === true ? [] : [order.owner];
      });
    });
  }

  private async summaryAt(
    queue: Queue,
    id: string,
    isActive: boolean,
  ): Promise<ExperimentSummary | undefined> {
    const known = this.ended.get(id);
    if (known !== undefined) return known;
    const job = await jobOf(queue, id);
    const experiment = job === undefined ? undefined : described(job, isActive);
    if (experiment === undefined) return undefined;
    const summary = summaryOf(experiment);
    if (job?.finishedOn !== undefined) this.ended.set(id, summary);
    return summary;
  }

  /** What the worker does with a job. @throws UnusableJobError */
  private async see(id: string): Promise<void> {
    const job: Job | undefined = await this.untilAnswered((queue) => queue.getJob(id));
    if (job === undefined) return;
    const order = orderSchema.safeParse(job.data);
    if (!order.success) throw new UnusableJobError('a job that no gateway wrote');
    const account = accountOf(job);
    if (account !== undefined && account.ended === undefined) {
      this.dependencies.logger.log(`Experiment ${id} goes on after ${account.rows.length} cells`);
    }
    const cancelling = new AbortController();
    this.cancelling.set(id, cancelling);
    const done = new AbortController();
    const watching = this.watchForCancel(id, cancelling, done.signal);
    try {
      await runExperiment({
        order: order.data,
        account,
        createMeasurer: this.dependencies.createMeasurer,
        cancelling: cancelling.signal,
        closing: this.closing.signal,
        save: (changed) => this.untilAnswered(() => job.updateProgress(changed)),
      });
    } finally {
      done.abort();
      await watching;
      this.cancelling.delete(id);
    }
  }

  /** Another gateway may have been asked to cancel it. */
  private async watchForCancel(
    id: string,
    cancelling: AbortController,
    done: AbortSignal,
  ): Promise<void> {
    while (!done.aborted && !cancelling.signal.aborted) {
      await delay(CANCEL_LOOK_MS, undefined, { signal: done, ref: false }).catch(() => undefined);
      // While Redis is away nobody can have cancelled it.
      if (await this.isCancelled(id).catch(() => false)) cancelling.abort();
    }
  }

  private async isCancelled(id: string): Promise<boolean> {
    const data = await this.connection.redis.hget(this.bullQueue.toKey(id), 'data');
    return data !== null && orderSchema.safeParse(JSON.parse(data)).data?.cancelled === true;
  }

  private async untilEnded(id: string): Promise<Experiment | undefined> {
    const deadlineMs = performance.now() + CANCEL_BOUND_MS;
    for (;;) {
      const found = await this.find(id);
      if (found === undefined || isEnded(found) || performance.now() >= deadlineMs) return found;
      await delay(CANCEL_LOOK_MS / 4, undefined, { ref: false });
    }
  }

  /** @throws QueueError */
  private async asked<T>(ask: (queue: Queue) => Promise<T>): Promise<T> {
    try {
      return await ask(this.bullQueue);
    } catch (error) {
      throw asQueueError(error);
    }
  }

  /** Asks Redis until it answers, be it with a refusal: that Redis is away makes nothing fail. */
  private untilAnswered<T>(ask: (queue: Queue) => Promise<T>): Promise<T> {
    return this.connection.untilAnswered(
      () => ask(this.bullQueue),
      this.closing.signal,
      (error) => isRefusal(error) || isGone(error),
    );
  }
}

async function jobOf(queue: Queue, id: string): Promise<Job | undefined> {
  // Other names are those of BullMQ's own keys.
  if (!UUID.test(id)) return undefined;
  return (await queue.getJob(id)) ?? undefined;
}

/** BullMQ's way to say that the job was removed. */
function isGone(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Missing key for job');
}

/** Undefined for a job that no gateway wrote. */
function described(job: Job, isActive: boolean): Experiment | undefined {
  const order = orderSchema.safeParse(job.data);
  if (!order.success || job.id === undefined) return undefined;
  const parts = { id: job.id, createdAtMs: job.timestamp, order: order.data };
  const failure = job.finishedOn === undefined ? undefined : job.failedReason;
  return experimentOf({ ...parts, account: accountOf(job), isActive, failure });
}

function accountOf({ progress }: Job): Account | undefined {
  return accountSchema.safeParse(progress).data;
}
