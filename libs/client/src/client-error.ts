/** Why the client gave up on a request or a query. */
export type ClientErrorCode =
  /** As many requests are outstanding as the client may have; nothing was accepted. */
  | 'overloaded'
  /** The operation is longer than the wire carries; nothing was accepted. */
  | 'operation-too-large'
  /** f+1 replicas executed another operation under this timestamp, or one is being sent. */
  | 'timestamp-reused'
  /** f+1 replicas can no longer tell whether this timestamp executed: it is too old. */
  | 'stale-timestamp'
  /** It executed, but so few nodes keep its result that f+1 of them cannot say it again. */
  | 'result-dropped'
  /** The caller abandoned the request. It may still be decided. */
  | 'abandoned'
  /** The client was closed. The request may still be decided. */
  | 'closed'
  /** A replica gave no valid answer to a query in time. */
  | 'no-answer';

/** Thrown, or the reason of a rejected promise; `code` says what to do about it. */
export class ClientError extends Error {
  constructor(
    readonly code: ClientErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'ClientError';
  }
}
