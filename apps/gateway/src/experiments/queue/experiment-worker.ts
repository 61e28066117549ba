import { setTimeout as delay } from 'node:timers/promises';
import { asError } from '@ccro/foreign-text';
import { RedisClient, retryDelayMs } from '@ccro/redis';
import { UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq';

/** A worker that crashed or froze has lost its jobs after this time: another one takes them. */
const LOCK_MS = 5000;
/** How often a worker looks for such jobs. */
const STALLED_CHECK_MS = 1000;
/** How often it looks for jobs unasked: who was told of the next one may be gone. */
const LOOK_SECONDS = 1;
/**
 * BullMQ notes every step of every job in a stream, which nobody here reads: as much as it holds
 * only costs memory.
 */
export const EVENTS_KEPT = 10;
/** Pause after a failed attempt to fetch a job. */
const FETCH_RETRY_MS = 200;
/** How long closing waits for Redis to take the jobs back. */
const CLOSE_TIMEOUT_MS = 1000;

/** What is done with a job. */
export interface JobHandler {
  /**
   * Resolves when the job is done.
   *
   * @throws UnusableJobError for a job that never can be
   */
  see(id: string): Promise<void>;
  /** Something is the matter with the queue itself. */
  trouble(error: Error): void;
}

/** A job that no gateway wrote: it is set aside. */
export class UnusableJobError extends Error {}

export interface ExperimentWorkerOptions {
  readonly url: string;
  /** See `RedisClientOptions`. */
  readonly ca?: string | undefined;
  /** Name of its connection in CLIENT LIST. */
  readonly name: string;
  /** Of BullMQ's keys; the queue among them is named `queueName`. */
  readonly prefix: string;
  readonly queueName: string;
}

/**
 * BullMQ's worker, on connections of its own, for one job at a time. A job is worked on until it is
 * done, however long that takes; its lock is renewed meanwhile.
 */
export class ExperimentWorker {
  private readonly redis: RedisClient;
  private readonly worker: Worker;
  private readonly closing = new AbortController();

  constructor(
    { url, ca, name, prefix, queueName }: ExperimentWorkerOptions,
    private readonly handler: JobHandler,
  ) {
    this.redis = new RedisClient({
      ...{ url, ca },
      connectionName: name,
      disableClientInfo: true,
      lazyConnect: true,
      // BullMQ's condition: a blocked command is never given up.
      maxRetriesPerRequest: null,
      retryStrategy: retryDelayMs,
    });
    // BullMQ's own listener reports what matters.
    this.redis.on('error', () => undefined);
    this.worker = new Worker(queueName, (job, token) => this.process(job, token), {
      connection: this.redis,
      prefix,
      // Checked where the queue was opened.
      skipVersionCheck: true,
      autorun: false,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      // However often its gateway crashed, a job is not given up.
      maxStalledCount: Number.MAX_SAFE_INTEGER,
      drainDelay: LOOK_SECONDS,
      runRetryDelay: FETCH_RETRY_MS,
    });
    this.worker.on('error', (error) => this.handler.trouble(error));
    this.worker.on('failed', (_job, error) => this.handler.trouble(error));
  }

  start(): void {
    this.worker.run().catch((error: unknown) => this.handler.trouble(asError(error)));
  }

  /** Gives back the jobs it works on, so that the next worker need not wait for their locks. */
  async close(): Promise<void> {
    this.closing.abort();
    const closed = this.worker.close().catch(() => undefined);
    await Promise.race([closed, delay(CLOSE_TIMEOUT_MS, undefined, { ref: false })]);
    this.redis.disconnect();
  }

  private async process(job: Job, token: string | undefined): Promise<void> {
    try {
      await this.unlessClosed(this.handler.see(job.id ?? ''));
    } catch (error) {
      if (error instanceof UnusableJobError) throw new UnrecoverableError(error.message);
      throw error;
    }
    if (!this.closing.signal.aborted) return;
    await job.moveToWait(token);
    throw new WaitingError();
  }

  /** Resolves when `work` does or `close` is called. Leaves no listener behind. */
  private unlessClosed(work: Promise<void>): Promise<void> {
    const { signal } = this.closing;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        signal.removeEventListener('abort', end);
        resolve();
      };
      signal.addEventListener('abort', end);
      work.finally(() => signal.removeEventListener('abort', end)).then(resolve, reject);
      if (signal.aborted) end();
    });
  }
}
