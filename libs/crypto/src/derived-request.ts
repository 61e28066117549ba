import type { ClientId, Digest, Request, Signature, Timestamp } from '@ccro/consensus';
import { requestDigest } from './digests.js';

/** What of a request travels: its digest follows from the rest. */
export interface RequestFields {
  readonly client: ClientId;
  readonly timestamp: Timestamp;
  readonly operation: string;
  readonly signature: Signature;
}

/** The clusters for which digests were derived here, by request. */
const derivedFor = new WeakMap<Request, string>();

/**
 * The request with its digest, which the verifier need not derive once more.
 *
 * @param signedWith see `Request.signedWith`; a digest in it may still be missing
 */
export function deriveRequest(
  cluster: string,
  { client, timestamp, operation, signature }: RequestFields,
  signedWith?: readonly Digest[],
): Request {
  const digest = requestDigest(cluster, client, timestamp, operation);
  const kind = 'request';
  const request: Request =
    signedWith === undefined
      ? { kind, client, timestamp, operation, digest, signature }
      : { kind, client, timestamp, operation, digest, signature, signedWith };
  derivedFor.set(request, cluster);
  return request;
}

/** Whether the digest of a request is its own. */
export function isDerived(cluster: string, request: Request): boolean {
  if (derivedFor.get(request) === cluster) return true;
  const { client, timestamp, operation, digest } = request;
  return requestDigest(cluster, client, timestamp, operation) === digest;
}
