/**
 * How many bytes others may draw out of this replica: token buckets for each replica and client, so
 * that replayed calls for help cannot make it a source of floods. What is sent is what is counted,
 * estimated before it is made: a short question may be answered with megabytes.
 */

import type { ClientId, ReplicaId } from '../ids.js';

/**
 * What answers are about. Without certificates and view-changes a replica gets nowhere, so that
 * decisions, which would use up every budget, have one of their own; states are larger than all
 * else, and fetched by whoever lacks one.
 */
export type AnswerKind = 'certificates' | 'decisions' | 'state';

/**
 * Enough for the certificates of every slot in flight, for the decisions of a busy cluster or a
 * client's outstanding requests, and for the state parts that are in flight.
 */
const CAPACITY: Readonly<Record<AnswerKind, number>> = {
  certificates: 2 * 1024 * 1024,
  decisions: 4 * 1024 * 1024,
  state: 64 * 1024 * 1024,
};
const REFILL_PER_MS: Readonly<Record<AnswerKind, number>> = {
  certificates: 4 * 1024,
  decisions: 16 * 1024,
  state: 64 * 1024,
};
/** What any message costs, however short. */
const LEAST = 1024;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export class AnswerBudget {
  /** As many as there are members and clients: others' messages are refused before. */
  private readonly buckets = new Map<string, Bucket>();

  /**
   * Takes `bytes` of what `asker` may draw. What is larger than all of it takes all of it.
   *
   * @returns false, and takes none, when there is too little
   */
  spend(asker: ReplicaId | ClientId, bytes: number, nowMs: number, kind: AnswerKind): boolean {
    const bucket = this.bucket(asker, kind, nowMs);
    const cost = Math.min(Math.max(bytes, LEAST), CAPACITY[kind]);
    if (bucket.tokens < cost) return false;
    bucket.tokens -= cost;
    return true;
  }

  private bucket(asker: ReplicaId | ClientId, kind: AnswerKind, nowMs: number): Bucket {
    const key = `${kind}:${typeof asker}:${asker}`;
    const bucket = this.buckets.get(key) ?? { tokens: CAPACITY[kind], filledAtMs: nowMs };
    this.buckets.set(key, bucket);
    const refilled = bucket.tokens + (nowMs - bucket.filledAtMs) * REFILL_PER_MS[kind];
    bucket.tokens = Math.min(CAPACITY[kind], refilled);
    bucket.filledAtMs = nowMs;
    return bucket;
  }
}
