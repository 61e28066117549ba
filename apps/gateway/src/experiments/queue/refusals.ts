import { QueueError } from '../../queue/queue-error.js';
import { MAX_UNFINISHED, MAX_UNFINISHED_OF_ONE } from './experiment-queue.js';

/**
 * Refuses another experiment for `owner`, in the same words for both queues.
 *
 * @param unfinished owners of those that wait or run
 * @throws QueueError `overloaded`
 */
export function requireRoom(
  unfinished: readonly (string | undefined)[],
  owner: string | undefined,
): void {
  const own = unfinished.filter((each) => each === owner).length;
  if (unfinished.length >= MAX_UNFINISHED) throw tooMany(`${MAX_UNFINISHED} experiments wait`);
  if (owner !== undefined && own >= MAX_UNFINISHED_OF_ONE) {
    throw tooMany(`${MAX_UNFINISHED_OF_ONE} experiments of this key wait`);
  }
}

function tooMany(what: string): QueueError {
  const message =
    `${what} already: come back when some have ended, ` +
    'or cancel one with DELETE /experiments/:id.';
  return new QueueError('overloaded', message);
}
