/**
 * What went wrong with the broker:
 *
 * | code | meaning |
 * |---|---|
 * | `unavailable` | not connected at the moment; nothing was queued, the caller decides what to do |
 * | `unreachable` | the first connection could not be made in time |
 * | `unauthorized` | the broker refused the credentials or the permission to do this |
 * | `untrusted` | the server's certificate cannot be trusted |
 * | `resp3-required` | the server does not speak RESP3, so one connection cannot do both |
 * | `rejected` | the broker answered with an error |
 * | `closed` | `close` was called before |
 * | `invalid-name` | a cluster, client or node name that cannot be part of a channel name |
 * | `no-free-identity` | every node id of the cluster is leased to a running node |
 */
export type BrokerErrorCode =
  | 'unavailable'
  | 'unreachable'
  | 'unauthorized'
  | 'untrusted'
  | 'resp3-required'
  | 'rejected'
  | 'closed'
  | 'invalid-name'
  | 'no-free-identity';

/** The environment's fault: `message` says what happened and what to do about it. */
export class BrokerError extends Error {
  constructor(
    readonly code: BrokerErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'BrokerError';
  }
}
