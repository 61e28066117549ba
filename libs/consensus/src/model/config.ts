import type { ReplicaId } from '../messages/ids.js';
import { maxFaulty, quorumSize, weakQuorumSize } from './quorum.js';
import type { Settings } from './settings.js';

/** What every replica of a cluster is told alike, and which one it is. Times in milliseconds. */
export interface ReplicaConfig {
  readonly cluster: string;
  readonly self: ReplicaId;
  /** A word that no other run of this replica has: who repeats it has heard this one. */
  readonly run: string;
  /** What all replicas must be told alike, this file's fields among them. */
  readonly settings: Settings;
  /** Number of replicas. */
  readonly n: number;
  /** Requests in one batch at most. */
  readonly maxBatchRequests: number;
  /** Characters of operation text in one batch at most; keeps messages under the wire's limit. */
  readonly maxBatchCharacters: number;
  /** Slots the primary keeps in flight at most. Far below `windowSlots`, so nobody falls out. */
  readonly maxInFlightSlots: number;
  /** L: slots above the low watermark that a replica takes part in. */
  readonly windowSlots: number;
  /** K: a checkpoint is taken every so many slots. */
  readonly checkpointInterval: number;
  /** W: requests of one client that may be outstanding. */
  readonly clientWindow: number;
  /** Requests held for all clients together, at most. */
  readonly maxPooledRequests: number;
  /** Whether a collector waits a moment for the votes of all n, which decide at once. */
  readonly fastPath: boolean;
  /**
   * How long it does so, in milliseconds: within these bounds, times n / 4. Where a round takes so long
   * that a quarter of it is more than the upper one, that much.
   */
  readonly stragglerWaitMs: { readonly min: number; readonly max: number };
  /** The certificate timer stays within these bounds whatever it measured. */
  readonly certificateTimeoutMs: { readonly min: number; readonly max: number };
  /** How long a request may wait before the primary is suspected; doubled per failed view. */
  readonly requestTimeoutMs: number;
  /** How often an idle replica says where it is, for a cluster of four; grows with n. */
  readonly statusIntervalMs: number;
  /** How long to wait for the next chunk of a state before another replica is asked. */
  readonly transferTimeoutMs: number;
  /** Decisions sent to a lagging replica in one go. */
  readonly maxDecisionsPerAnswer: number;
}

/** What may be chosen for a replica beside who it is. */
export type ReplicaTuning = Omit<ReplicaConfig, 'cluster' | 'self' | 'run' | 'settings' | 'n'>;

/** Defaults of `docs/PROTOCOL.md`. */
export const DEFAULT_REPLICA_CONFIG = {
  maxBatchRequests: 256,
  maxBatchCharacters: 256 * 1024,
  maxInFlightSlots: 16,
  windowSlots: 256,
  checkpointInterval: 128,
  clientWindow: 4096,
  maxPooledRequests: 16_384,
  fastPath: true,
  stragglerWaitMs: { min: 1, max: 6 },
  certificateTimeoutMs: { min: 20, max: 2000 },
  requestTimeoutMs: 2000,
  statusIntervalMs: 1000,
  transferTimeoutMs: 1000,
  maxDecisionsPerAnswer: 16,
} as const satisfies ReplicaTuning;

/**
 * How often checkpoints are taken, and the window that follows: less far apart in large clusters,
 * whose certificates are longer, so that a view-change with one for every slot stays far below
 * the largest message.
 */
export function checkpointDefaults(
  n: number,
): Pick<ReplicaConfig, 'checkpointInterval' | 'windowSlots'> {
  const checkpointInterval = Math.min(128, Math.max(16, Math.floor(512 / n)));
  return { checkpointInterval, windowSlots: 2 * checkpointInterval };
}

/** The sizes that follow from n, computed once. */
export interface ClusterSize {
  readonly n: number;
  readonly f: number;
  readonly quorum: number;
  readonly weakQuorum: number;
}

/** @param n number of replicas, at least 1 */
export function clusterSize(n: number): ClusterSize {
  return { n, f: maxFaulty(n), quorum: quorumSize(n), weakQuorum: weakQuorumSize(n) };
}
