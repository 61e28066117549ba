import type { ClientId, Digest, SequenceNumber, Timestamp } from '../messages/ids.js';

/** A request that the primary is watched for, and what its client was served meanwhile. */
export interface WatchedRequest {
  readonly digest: Digest;
  readonly client: ClientId;
  readonly timestamp: Timestamp;
  /** When the primary was sent it again, and what had executed here by then. */
  reminded: { readonly atMs: number; readonly executed: SequenceNumber } | undefined;
  /** Requests of the client that were executed, and the bytes they took in a pool at most. */
  served: number;
  servedBytes: number;
  /** Whether one of them does not lie within one window with this one. */
  clientAtFault: boolean;
  /** Whether one with a higher timestamp was proposed when the primary knew this one. */
  passedOver: boolean;
}
