import type { Outcome } from '@ccro/client';
import type { Digest, Reply, SequenceNumber, Timestamp, View } from '@ccro/consensus';
import type { JsonValue } from '@ccro/state-machine';

/** What became of an operation, as f + 1 replicas signed it: one of them is honest. */
export interface Decided {
  /** `<client>-<timestamp>`, as everywhere in the cluster. */
  readonly id: string;
  readonly timestamp: Timestamp;
  /** Digest of the request. */
  readonly request: Digest;
  /** What the state machine answered. */
  readonly result: JsonValue;
  /** Where it was executed: slots execute in this order on every replica. */
  readonly sequence: SequenceNumber;
  readonly view: View;
  /** Digest of the batch decided there. */
  readonly digest: Digest;
  readonly consensusTimeMs: number;
  /** Replicas whose replies match, and how many of them are needed: f + 1. */
  readonly matching: number;
  readonly required: number;
  /** The signed replies that match. `Ccro.receipt` makes a proof for others of them. */
  readonly proof: readonly Reply[];
}

export function decidedFrom(client: string, outcome: Outcome): Decided {
  const { timestamp, request, sequence, view, batch, consensusTimeMs } = outcome;
  const { matching, required, proof } = outcome;
  return {
    id: `${client}-${timestamp}`,
    timestamp,
    request,
    result: outcome.result as JsonValue,
    sequence,
    view,
    digest: batch,
    consensusTimeMs,
    matching,
    required,
    proof,
  };
}

/** Why there is no outcome, or no receipt. */
export type CcroErrorCode =
  /** No decision in time. The operation is sent on until it is decided, or the program ends. */
  | 'undecided'
  /** The application ends: nothing is submitted any more, and no receipt is made. */
  | 'closed'
  /** No node that answers keeps the decision, so that no receipt can be made of it any more. */
  | 'no-receipt';

export class CcroError extends Error {
  constructor(
    readonly code: CcroErrorCode,
    message: string,
  ) {
    super(message);
    this.name = 'CcroError';
  }
}
