import type { ReplicaId, SequenceNumber } from '../messages/ids.js';
import { weakQuorumSize } from '../model/quorum.js';

/**
 * Whether `self` is one of the f+1 replicas that answer the `attempt`-th call for help of
 * `asker`. f+1 hold at least one honest replica, and answers cost O(f) instead of O(n); each
 * further attempt asks the next ones in order, so that crashed replicas are passed over.
 */
export function answersTo(self: ReplicaId, asker: ReplicaId, attempt: number, n: number): boolean {
  if (self === asker) return false;
  const others = n - 1;
  const position = (self - asker - 1 + n) % n;
  const start = (attempt * weakQuorumSize(n)) % others;
  return (position - start + others) % others < weakQuorumSize(n);
}

/**
 * Whether `self` is one of the f+1 replicas that tell clients the results of a slot, while the
 * other replicas send brief replies. At least one of the f+1 is honest.
 */
export function repliesInFull(self: ReplicaId, sequence: SequenceNumber, n: number): boolean {
  return (self + sequence) % n < weakQuorumSize(n);
}
