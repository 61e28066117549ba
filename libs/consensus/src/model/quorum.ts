/**
 * The only file that computes cluster sizes (PBFT, OSDI '99, section 3; generalised to n ≠ 3f+1).
 *
 * Invariants kept here, for every n ≥ 1:
 * - two quorums share at least one honest replica: 2·Q − n ≥ f + 1;
 * - a quorum of honest replicas exists: n − f ≥ Q;
 * - a weak quorum holds at least one honest replica: f + 1 > f.
 */

import type { ReplicaId, View } from '../messages/ids.js';
import type { Certificate } from '../messages/index.js';

/** f: the largest number of Byzantine replicas that `n` replicas tolerate, ⌊(n−1)/3⌋. */
export function maxFaulty(n: number): number {
  return Math.floor((n - 1) / 3);
}

/** Q = ⌈(n+f+1)/2⌉ distinct signers. Equals 2f+1 when n = 3f+1, and more for n = 5 or 6. */
export function quorumSize(n: number): number {
  return Math.ceil((n + maxFaulty(n) + 1) / 2);
}

/** f + 1 distinct signers: at least one of them is honest. */
export function weakQuorumSize(n: number): number {
  return maxFaulty(n) + 1;
}

/** The primary of `view` among `n` replicas. */
export function primaryOf(view: View, n: number): ReplicaId {
  return view % n;
}

/**
 * Whether a certificate decides its slot: a quorum committed, or all n prepared (the fast path;
 * see `view-change/choose-reproposals.ts` for why that is safe).
 */
export function decides(
  { phase, proof }: Pick<Certificate, 'phase' | 'proof'>,
  n: number,
): boolean {
  return phase === 'commit' || (phase === 'prepare' && proof.signers.length === n);
}
