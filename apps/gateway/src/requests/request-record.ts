import type { Digest, ReplicaId, SequenceNumber, Timestamp, View } from '@ccro/consensus';
import type { NodeRole } from '../cluster/roles.js';

/** One node's part in a decision. Null: the node did not reply. */
export interface NodeReport {
  readonly id: ReplicaId;
  readonly role: NodeRole;
  /** Whether it replied with the result that f+1 nodes agree on, with another one, or not. */
  readonly reply: 'matching' | 'false' | 'none';
  /** Votes of others this node saw for the decided batch. */
  readonly correct: number | null;
  /** Votes of others this node saw against it. */
  readonly corrupt: number | null;
}

/** What a call that was decided is answered with, for ever the same. */
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
  readonly nodes: readonly NodeReport[];
}

/** The cluster refused the request, the same on f+1 nodes. */
export interface FailedAnswer {
  readonly id: string;
  readonly status: 'failed';
  readonly error: 'timestamp-reused' | 'stale-timestamp';
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

/** A request the gateway has accepted. `id` names (client, timestamp): it is unique for ever. */
export interface AcceptedRequest {
  readonly id: string;
  readonly timestamp: Timestamp;
  readonly operation: string;
}

/** Requests accepted in one call, under the caller's idempotency key if there is one. */
export interface Acceptance {
  readonly requests: readonly AcceptedRequest[];
  readonly idempotency?: Idempotency;
}

/** What makes two calls the same one. */
export interface Idempotency {
  readonly key: string;
  /** Digest of what was asked for: the same key with another one is refused. */
  readonly fingerprint: Digest;
}
