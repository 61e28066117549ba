import { QueueError } from '../queue-error.js';
import type { OnFailure } from './group-writer.js';
import { isRefusal } from './queue-connection.js';

/** Redis' answers that pass: it is starting, changing its part, or has lost its scripts. */
const PASSING = /^(NOSCRIPT|LOADING|MASTERDOWN|TRYAGAIN|CLUSTERDOWN|BUSY|READONLY)\b/;

/** What to do after a write failed: it can be refused for good, or have no known outcome. */
export function onWriteFailure(error: unknown): OnFailure {
  return isRefusal(error) && !PASSING.test(error.message) ? 'fail' : 'await-resume';
}

/** A failure of Redis as one of the queue's. Nothing was accepted. */
export function asQueueError(error: unknown): QueueError {
  if (error instanceof QueueError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  if (onWriteFailure(error) === 'fail') {
    const message =
      `Redis stores nothing at the moment: ${reason}. Nothing was accepted. ` +
      'Give it memory or disk, then retry.';
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
