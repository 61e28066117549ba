import type { RedisErrorCode } from '@ccro/redis';

/**
 * What went wrong with the broker: with its connection, as `RedisErrorCode` says for every kind of
 * broker, or
 *
 * | code | meaning |
 * |---|---|
 * | `invalid-name` | a cluster, client or node name that cannot be part of a channel name |
 * | `no-free-identity` | every node id of the cluster is leased to a running node |
 */
export type BrokerErrorCode = RedisErrorCode | 'invalid-name' | 'no-free-identity';

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
