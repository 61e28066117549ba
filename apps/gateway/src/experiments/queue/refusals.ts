import { QueueError } from '../../queue/queue-error.js';
import { MAX_UNFINISHED } from './experiment-queue.js';

/** What both queues refuse in the same words. */
export function tooManyWaiting(): QueueError {
  const message =
    `${MAX_UNFINISHED} experiments wait already: come back when some have ended, ` +
    'or cancel one with DELETE /experiments/:id.';
  return new QueueError('overloaded', message);
}
