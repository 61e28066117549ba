/**
 * What the core needs from outside. Every port is synchronous and pure or deterministic: the same
 * calls in the same order give the same answers on every replica.
 */

import type { ClientId, Digest, ReplicaId, SequenceNumber, Timestamp } from '../messages/ids.js';
import type { Certificate, Verified, Vote } from '../messages/index.js';
import type { Chunk } from './durable.js';

/** The state after a slot, as checkpoints are taken of it (PBFT, section 4.3). */
export interface CheckpointedState {
  readonly sequence: SequenceNumber;
  readonly ledgerHead: Digest;
  /** Client table and state machine, chunk by chunk, ascending by name. */
  readonly chunks: readonly Pick<Chunk, 'name' | 'digest'>[];
}

/** Hashes, implemented by `libs/crypto`. */
export interface Digests {
  /** Merkle root over request digests, in order. The empty list gives the null batch's digest. */
  batch(requests: readonly Digest[]): Digest;
  /** Next link of the ledger's hash chain. `results` are the results of what executed, in batch order. */
  ledgerLink(previous: Digest, batch: Digest, results: readonly string[]): Digest;
  /** Digest of a chunk's text, bound to its name. */
  chunk(name: string, text: string): Digest;
  /** Digest of everything a replica's state consists of after a slot. */
  checkpoint(state: CheckpointedState): Digest;
}

/** Turns votes into a certificate, implemented by a signature scheme in `libs/crypto`. */
export interface CertificateAssembler {
  /** @param votes exactly a quorum, same phase, view, sequence and digest, distinct signers */
  assemble(votes: readonly Verified<Vote>[]): Verified<Certificate>;
}

export interface ExecutionContext {
  readonly client: ClientId;
  readonly timestamp: Timestamp;
  readonly sequence: SequenceNumber;
}

/**
 * The replicated application. `execute` must be deterministic and must not throw: an invalid
 * operation gets an error as its result, the same on every replica.
 */
export interface StateMachine {
  /** @returns the result as JSON text */
  execute(operation: string, context: ExecutionContext): string;
  /**
   * The chunks that changed since this was called last (since the beginning, the first time), by
   * name, each with its whole content; empty text for one with nothing in it any more. Texts
   * depend on the state alone, never on how it came about, and have at most `MAX_CHUNK_BYTES`.
   */
  takeChanges(): ReadonlyMap<string, string>;
  /**
   * Replaces the whole state. `takeChanges` does not report what is loaded.
   *
   * @throws when a text is not one that `takeChanges` makes
   */
  load(chunks: ReadonlyMap<string, string>): void;
}

/**
 * Who turns votes into certificates: the only difference between the modes. PBFT (OSDI '99,
 * section 4.2) lets every replica do it for itself; CCRO lets the slot's collector do it for all.
 */
export interface VoteRouter {
  /** The mode's name, as configuration and reports spell it. */
  readonly mode: 'pbft' | 'ccro';
  /**
   * The one replica that gathers the votes of a slot and publishes its certificates, or undefined
   * when votes go to everyone and nobody publishes.
   */
  gatherer(collector: ReplicaId): ReplicaId | undefined;
}
