import { MAX_OPERATION_CHARACTERS } from '@ccro/wire';

/**
 * Why a queue did not do what it was asked to:
 *
 * | code | meaning | accepted |
 * |---|---|---|
 * | `overloaded` | as much is pending as may be; come back later | nothing |
 * | `too-large` | an operation is longer than the wire carries | nothing |
 * | `key-reused` | the idempotency key stands for other operations, or nobody can tell | nothing |
 * | `unreachable` | Redis is away, or too few nodes answer | nothing |
 * | `refused` | Redis is there and stores nothing (full memory or disk, read-only) | nothing |
 * | `uncertain` | the connection broke while it was being written | perhaps: `ids` |
 * | `closed` | the gateway is shutting down | nothing |
 */
export type QueueErrorCode =
  'overloaded' | 'too-large' | 'key-reused' | 'unreachable' | 'refused' | 'uncertain' | 'closed';

/** Thrown by a `RequestQueue`; `code` says whether anything was accepted. */
export class QueueError extends Error {
  /** With `uncertain`: the ids the requests have, should they turn out to be accepted. */
  readonly ids: readonly string[];

  constructor(
    readonly code: QueueErrorCode,
    message: string,
    { ids = [], cause }: { readonly ids?: readonly string[]; readonly cause?: unknown } = {},
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'QueueError';
    this.ids = ids;
  }
}

/** What every queue refuses in the same words. */
export function overloaded(): QueueError {
  const message =
    'As many requests are pending as may be, or as this caller may have while others want some. ' +
    'Nothing was accepted; retry later, or with fewer at once.';
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

export function keyUnreadable(): QueueError {
  const message =
    'What Redis holds under this Idempotency-Key was not written by a gateway, so nobody can tell what was accepted ' +
    'under it. Nothing was accepted now. Find out what became of the request, then use a new key.';
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
