import { queueKeyPrefix } from '@ccro/cluster-config';

/**
 * What the durable queue keeps in Redis. The braces put all of it into one hash slot. Connections
 * are named with the same prefix, which is not `ccro:`: a gateway has one connection to the
 * cluster, and these are none.
 */
export interface RedisKeys {
  readonly prefix: string;
  /** Stream of a client, with a consumer group: what was accepted and is not finished. */
  readonly intake: string;
  /** Hash of a client: `next` timestamp, timestamps `issued`, `newest` index accepted. */
  readonly clock: string;
  /** Sorted set of a client: ids that were accepted and are not finished, by index. */
  readonly waiting: string;
  /** Hash of a client: id of what is waiting to its owner, if it has one; answers have their own. */
  readonly owners: string;
  /** Hash: id to packed answer. */
  readonly answers: string;
  /** List: finished ids under no idempotency key, the newest first. */
  readonly finished: string;
  /** Hash: digest of an idempotency key to its `KeyRecord`. */
  readonly keys: string;
  /** Sorted set: digests of keys by the time of their last answer, in milliseconds. */
  readonly kept: string;
}

/** The keys of `client`, which share all but intake, clock, waiting and owners with the cluster's others. */
export function redisKeys(cluster: string, client: string): RedisKeys {
  const prefix = queueKeyPrefix(cluster);
  return {
    prefix,
    intake: `${prefix}:intake:${client}`,
    clock: `${prefix}:clock:${client}`,
    waiting: `${prefix}:waiting:${client}`,
    owners: `${prefix}:owners:${client}`,
    answers: `${prefix}:answers`,
    finished: `${prefix}:finished`,
    keys: `${prefix}:keys`,
    kept: `${prefix}:kept`,
  };
}
