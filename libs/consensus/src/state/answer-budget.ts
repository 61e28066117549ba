/**
 * How many messages others may draw out of this replica: a token bucket for each replica and
 * client, so that replayed calls for help cannot make it a source of floods.
 */

import type { ClientId, ReplicaId } from '../ids.js';

/** Enough for every slot in flight, or every outstanding request of a client, at once. */
const CAPACITY = 4096;
const REFILL_PER_MS = 4;

interface Bucket {
  tokens: number;
  filledAtMs: number;
}

export class AnswerBudget {
  /** As many as there are members and clients: others' messages are refused before. */
  private readonly buckets = new Map<ReplicaId | ClientId, Bucket>();

  /** Takes `messages` tokens of `asker`. @returns false, and takes none, when there are too few */
  spend(asker: ReplicaId | ClientId, messages: number, nowMs: number): boolean {
    const bucket = this.buckets.get(asker) ?? { tokens: CAPACITY, filledAtMs: nowMs };
    this.buckets.set(asker, bucket);
    const refilled = bucket.tokens + (nowMs - bucket.filledAtMs) * REFILL_PER_MS;
    bucket.tokens = Math.min(CAPACITY, refilled);
    bucket.filledAtMs = nowMs;
    if (bucket.tokens < messages) return false;
    bucket.tokens -= messages;
    return true;
  }
}
