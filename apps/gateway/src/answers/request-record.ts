import type { NodePart } from '@ccro/client';
import type { Digest, SequenceNumber, View } from '@ccro/consensus';

/** The answer to a decided call; it never changes. */
export interface DecidedAnswer {
  readonly id: string;
  readonly status: 'decided';
  readonly mode: 'ccro' | 'pbft';
  readonly view: View;
  readonly sequence: SequenceNumber;
  /** Digest of the batch decided at `sequence`. */
  readonly digest: Digest;
  /** What the state machine made of the operation. */
  readonly result: unknown;
  readonly consensusTimeMs: number;
  readonly replies: { readonly matching: number; readonly required: number };
  readonly nodes: readonly NodePart[];
}

/** There is no answer of the cluster, and never will be under this id. */
export interface FailedAnswer {
  readonly id: string;
  readonly status: 'failed';
  /**
   * - `timestamp-reused`: f+1 nodes executed another operation under its timestamp;
   * - `stale-timestamp`: f+1 nodes cannot tell whether it executed, because it is too old. It is
   *   not tried again under another timestamp: it might execute twice;
   * - `result-dropped`: it executed, and fewer than f+1 nodes keep its result;
   * - `unverifiable`: it was kept with a signature that does not hold, or what is kept as its answer was not
   *   written by a gateway.
   */
  readonly error: 'timestamp-reused' | 'stale-timestamp' | 'result-dropped' | 'unverifiable';
  readonly detail: string;
}

export interface PendingAnswer {
  readonly id: string;
  readonly status: 'pending';
}

/** How a request ended. */
export type FinishedAnswer = DecidedAnswer | FailedAnswer;

/** Where a request is, as `GET /requests/:id` says it. */
export type RequestAnswer = PendingAnswer | FinishedAnswer;

/** What makes two calls the same one. */
export interface Idempotency {
  readonly key: string;
  /** Digest of what was asked for: the same key with another one is refused. */
  readonly fingerprint: Digest;
}
