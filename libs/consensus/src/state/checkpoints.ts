/**
 * Checkpoints on their way to being stable (PBFT, section 4.3).
 *
 * Invariants kept here:
 * - agreement: this replica's state after a stable checkpoint has the certified digest;
 * - bounded memory: votes are kept for the checkpoints between the watermarks alone.
 */

import type { Digest, ReplicaId, SequenceNumber } from '../messages/ids.js';
import type { Certificate, StableCheckpoint, Verified, Vote } from '../messages/index.js';
import type { Evidence } from '../model/evidence.js';
import { invariant } from '../model/invariants.js';

export class Checkpoints {
  stable: StableCheckpoint;
  /** Digests of this replica's own states, from the stable checkpoint on. */
  private readonly own = new Map<SequenceNumber, Digest>();
  private readonly votes = new Map<SequenceNumber, Map<ReplicaId, Verified<Vote>>>();
  /** Who is known to have voted for two states, by checkpoint. */
  private readonly caught = new Map<SequenceNumber, Set<ReplicaId>>();

  /** @param genesis digest of the state before the first slot */
  constructor(genesis: Digest) {
    this.stable = { sequence: 0, digest: genesis, certificate: null };
  }

  ownDigest(sequence: SequenceNumber): Digest | undefined {
    return this.own.get(sequence);
  }

  /** Notes this replica's state. @throws InvariantViolation when a quorum certified another one */
  reached(sequence: SequenceNumber, digest: Digest): void {
    if (sequence >= this.stable.sequence) this.own.set(sequence, digest);
    this.compare();
  }

  addVote(vote: Verified<Vote>): 'added' | 'known' | Evidence {
    const table = this.votes.get(vote.sequence) ?? new Map<ReplicaId, Verified<Vote>>();
    this.votes.set(vote.sequence, table);
    const earlier = table.get(vote.replica);
    if (earlier?.digest === vote.digest) return 'known';
    if (earlier !== undefined) {
      return { kind: 'conflicting-votes', accused: vote.replica, votes: [earlier, vote] };
    }
    table.set(vote.replica, vote);
    return 'added';
  }

  /** True the first time that `replica` contradicts itself about the state after `sequence`. */
  catchOnce({ sequence, replica }: Pick<Vote, 'sequence' | 'replica'>): boolean {
    const caught = this.caught.get(sequence) ?? new Set<ReplicaId>();
    this.caught.set(sequence, caught);
    return caught.size < caught.add(replica).size;
  }

  /** Whether `replica` is known to have contradicted itself about the state after `sequence`. */
  isCaught({ sequence, replica }: Pick<Vote, 'sequence' | 'replica'>): boolean {
    return this.caught.get(sequence)?.has(replica) === true;
  }

  vote(sequence: SequenceNumber, replica: ReplicaId): Verified<Vote> | undefined {
    return this.votes.get(sequence)?.get(replica);
  }

  /** Votes of distinct signers for the state `digest` after `sequence`. */
  votesFor(sequence: SequenceNumber, digest: Digest): Verified<Vote>[] {
    const table = this.votes.get(sequence)?.values() ?? [];
    return [...table].filter((vote) => vote.digest === digest);
  }

  /** Takes a newer stable checkpoint over. @throws InvariantViolation when this state differs */
  stabilise(certificate: Certificate<'checkpoint'>): void {
    const { sequence, digest } = certificate;
    this.stable = { sequence, digest, certificate };
    this.compare();
    for (const older of this.own.keys()) if (older < sequence) this.own.delete(older);
    for (const older of this.votes.keys()) if (older <= sequence) this.votes.delete(older);
    for (const older of this.caught.keys()) if (older <= sequence) this.caught.delete(older);
  }

  private compare(): void {
    const { sequence, digest } = this.stable;
    const own = this.own.get(sequence);
    invariant(
      own === undefined || own === digest,
      'agreement',
      () => `the state after ${sequence} differs from the one that a quorum certified`,
    );
  }
}
