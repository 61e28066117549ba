/** Index of a cluster member, 0..n-1. A *node* process runs one replica. */
export type ReplicaId = number;

/** Name of a client as the cluster file lists it; letters, digits, `-` and `_`. */
export type ClientId = string;

/** View number, from 0. The primary of view v is replica `v mod n`. */
export type View = number;

/** Position in the agreed order, from 1. Sequence number 0 means "nothing executed yet". */
export type SequenceNumber = number;

/** Number a client gives a request: unique per client, growing, not necessarily contiguous. */
export type Timestamp = number;

/** SHA-256 as 64 lower-case hexadecimal digits. */
export type Digest = string;

/** Hashing digests, and comparing them, may rely on this spelling. */
const DIGEST = /^[0-9a-f]{64}$/;

export function isDigest(value: unknown): value is Digest {
  return typeof value === 'string' && DIGEST.test(value);
}

/** Signature in base64url. The core never looks inside. */
export type Signature = string;
