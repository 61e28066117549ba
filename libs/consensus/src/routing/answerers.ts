import type { ReplicaId, SequenceNumber } from '../ids.js';
import { weakQuorumSize } from '../quorum.js';

/**
 * Whether `self` is one of the f+1 replicas that answer the `attempt`-th call for help of
 * `asker`. f+1 hold at least one honest replica, and answers cost O(f) instead of O(n); each
 * further attempt moves on round the ring, so that crashed ones are left behind.
 */
export function answersTo(self: ReplicaId, asker: ReplicaId, attempt: number, n: number): boolean {
  if (self === asker || n === 1) return false;
  const others = n - 1;
  const position = (self - asker - 1 + n) % n;
  const start = (attempt * weakQuorumSize(n)) % others;
  return (position - start + others) % others < weakQuorumSize(n);
}

/**
 * Whether `self` is one of the f+1 replicas that tell clients the results of a slot, while the
 * others' replies are brief. At least one of them is honest.
 */
export function repliesInFull(self: ReplicaId, sequence: SequenceNumber, n: number): boolean {
  return (self + sequence) % n < weakQuorumSize(n);
}
