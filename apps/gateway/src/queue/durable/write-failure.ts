import { isRefusal, isUnsent } from '@ccro/redis';
import { QueueError } from '../queue-error.js';
import type { OnFailure } from './group-writer.js';

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
