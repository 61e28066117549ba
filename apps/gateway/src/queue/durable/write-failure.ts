import { isRefusal, isUnsent, type RedisConnection } from '@ccro/redis';
import type { Logger } from '@nestjs/common';
import { QueueError } from '../queue-error.js';
import type { OnFailure } from './group-writer.js';

/** Every failed attempt is reported, up to several times a second. */
const LOG_INTERVAL_MS = 10_000;

/** Redis' answers that pass: it is starting, changing its part, or has lost its scripts. */
const PASSING = /^(NOSCRIPT|LOADING|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|BUSY|READONLY)\b/;

/** What to do after a write failed: it can be refused for good, or have no known outcome. */
export function onWriteFailure(error: unknown): OnFailure {
  if (isUnsent(error)) return 'not-written';
  return isRefusal(error) && !PASSING.test(error.message) ? 'fail' : 'unknown';
}

/** A failure of Redis as one of the queue's. Nothing was accepted. */
export function asQueueError(error: unknown): QueueError {
  if (error instanceof QueueError) return error;
  if (onWriteFailure(error) === 'fail') {
    const reason = (error as Error).message.replace(/\.$/, '');
    const message =
      `Redis does not take requests at the moment (${reason}). Nothing was accepted. ` +
      'Retry when it has the memory, the disk or the permission that it lacks.';
    return new QueueError('refused', message, { cause: error });
  }
  return unreachable(error);
}

export function unreachable(cause?: unknown): QueueError {
  const message = 'Redis does not answer, so that nothing was accepted. Retry when it is back.';
  return new QueueError('unreachable', message, { cause });
}

export function uncertain(ids: readonly string[]): QueueError {
  const message =
    'The connection to Redis broke while the request was written, so it may have been accepted: ' +
    'its id tells when Redis is back. To be safe, retry with an Idempotency-Key.';
  return new QueueError('uncertain', message, { ids });
}

/** Logs what is the matter with a queue, from time to time: that Redis is away is said elsewhere. */
export class QueueErrorLog {
  private saidAtMs = -LOG_INTERVAL_MS;

  constructor(
    private readonly what: string,
    private readonly connection: Pick<RedisConnection, 'connected'>,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {}

  note({ message }: Error): void {
    const nowMs = performance.now();
    if (!this.connection.connected || nowMs < this.saidAtMs + LOG_INTERVAL_MS) return;
    this.saidAtMs = nowMs;
    this.logger.warn(`${this.what}: ${message}`);
  }
}
