/**
 * Rate limits for messages of which an honest replica sends few: token buckets for each replica and
 * topic. While one is empty, messages in the name of that replica are dropped before their signature is
 * checked.
 *
 * Invariants kept here:
 * - bounded work: a member's messages on a topic cost this replica no more signature checks, and no more
 *   steps, than its bucket holds;
 * - no one uses up the bucket of another member: only messages with its valid signature are counted.
 *   Replayed messages are counted as well, so each topic has a bucket of its own.
 *
 * All other messages are bounded by their use (`screening.ts`): how many there are follows from
 * how much is decided.
 */

import type { ReplicaId } from '../messages/ids.js';
import { type BucketSize, TokenBuckets } from './token-buckets.js';

/**
 * Messages of one replica at once. A replica that catches up asks for the others' progress every few
 * milliseconds, for the batch of any slot in the window, and for parts of a state as fast as they come;
 * it sends one reminder per finished slot, and as a new primary one proposal. Messages on views are
 * repeated a few times a second, and asked for a few times a view.
 */
const CAPACITY = {
  status: 200,
  fetch: 1024,
  'fetch-chunk': 1024,
  suspicion: 64,
  'view-change': 64,
  'new-view': 64,
  /** Votes that ask for what was decided: on slots and checkpoints that are over. */
  reminder: 512,
  /** Pre-prepares for slots that executed. */
  'late-proposal': 256,
} as const;
type Topic = keyof typeof CAPACITY;

/** A bucket fills up in this time. */
const FILLS_IN_MS = 1000;

export class Attention {
  private readonly buckets = new TokenBuckets();

  /** Whether `replica` may be listened to on this topic now. */
  has(topic: Topic, replica: ReplicaId, nowMs: number): boolean {
    return this.buckets.left(`${topic}:${replica}`, sizeOf(topic), nowMs) >= 1;
  }

  /** Counts something that `replica` said, which was verified. */
  count(topic: Topic, replica: ReplicaId, nowMs: number): void {
    this.buckets.take(`${topic}:${replica}`, sizeOf(topic), 1, nowMs);
  }
}

/** Whether all messages of this kind are on a topic. */
export function isTopic(kind: string): kind is Topic {
  return kind in CAPACITY;
}

function sizeOf(topic: Topic): BucketSize {
  return { capacity: CAPACITY[topic], perMs: CAPACITY[topic] / FILLS_IN_MS };
}
