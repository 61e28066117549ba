import type { Timestamp } from '@ccro/consensus';
import type { DigestedDraft } from '@ccro/crypto';
import type { Outcome } from './outcome.js';
import type { OutstandingRequest } from './outstanding-request.js';

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

export function submissionOf(outstanding: OutstandingRequest): Submission {
  const { request } = outstanding;
  return {
    timestamp: request.timestamp,
    request,
    get decided() {
      return outstanding.decided;
    },
    get settled() {
      return outstanding.settled;
    },
  };
}
