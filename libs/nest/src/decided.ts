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
