import type {
  Digest,
  ReplicaId,
  Reply,
  SequenceNumber,
  Tally,
  Timestamp,
  View,
} from '@ccro/consensus';
import type { DigestedDraft } from '@ccro/crypto';

/** What one replica replied on a request, right or wrong. */
export interface ReplySummary {
  readonly replica: ReplicaId;
  readonly view: View;
  readonly tally: Tally;
  /** Whether its result is the one that f+1 replicas agree on. */
  readonly matching: boolean;
}

/** A decided request: what f+1 replicas agree on (PBFT, section 4.1). */
export interface Outcome {
  readonly timestamp: Timestamp;
  /** Digest of the request. */
  readonly request: Digest;
  readonly sequence: SequenceNumber;
  /** The highest view that f+1 matching replies reached: one of them is honest. */
  readonly view: View;
  /**
   * Who gathered the votes of the slot, when f+1 replicas whose replies match say the same; null
   * when they do not, or nobody did (PBFT).
   */
  readonly collector: ReplicaId | null;
  /** Digest of the batch decided at `sequence`. */
  readonly batch: Digest;
  /** The state machine's answer, as the text the replicas signed. */
  readonly resultText: string;
  /** `resultText`, parsed. */
  readonly result: unknown;
  /** From first sending the request to the f+1st matching reply, in milliseconds. */
  readonly consensusTimeMs: number;
  /** All replies so far, by replica, ascending. */
  readonly replies: readonly ReplySummary[];
  /** Distinct replicas whose replies match. */
  readonly matching: number;
  /** f+1. */
  readonly required: number;
  /** The signed replies that match: with the batch they prove the result to others. */
  readonly proof: readonly Reply[];
}

/** A request on its way. Neither promise has to be awaited. */
export interface Submission {
  readonly timestamp: Timestamp;
  /** The request; its digest identifies it everywhere. */
  readonly request: DigestedDraft;
  /**
   * Resolves on f+1 matching replies.
   * Rejects with ClientError `timestamp-reused`, `stale-timestamp`, `result-dropped`, `abandoned`
   * or `closed`.
   */
  readonly decided: Promise<Outcome>;
  /**
   * The same with late replies: resolves when all replicas replied, or all those that are responsive,
   * or 25 ms after the decision. Rejects when `decided` does.
   */
  readonly settled: Promise<Outcome>;
}
