import { MAX_OPERATION_CHARACTERS } from '@ccro/wire';
import { QueueError } from './queue-error.js';

/** What every queue refuses in the same words. */
export function overloaded(): QueueError {
  const message = 'As many requests are pending as may be. Nothing was accepted; retry later.';
  return new QueueError('overloaded', message);
}

export function tooLarge(): QueueError {
  const message = `An operation has at most ${MAX_OPERATION_CHARACTERS} characters of JSON.`;
  return new QueueError('too-large', message);
}

export function keyReused(): QueueError {
  const message =
    'This Idempotency-Key was used with another body. Use a new key for a new request.';
  return new QueueError('key-reused', message);
}

export function nodesUnreachable(): QueueError {
  const message =
    'Too few nodes answer to say which timestamps they executed, so nothing would be decided. ' +
    'Nothing was accepted; retry when they are up.';
  return new QueueError('unreachable', message);
}

export function shuttingDown(): QueueError {
  return new QueueError('closed', 'The gateway is shutting down. Nothing was accepted.');
}
