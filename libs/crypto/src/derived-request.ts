import type { ClientId, Digest, Request, Signature, Timestamp } from '@ccro/consensus';
import { requestDigest } from './digests.js';

/** What of a request travels: its digest follows from the rest. */
export type RequestFields = Pick<Request, 'client' | 'timestamp' | 'operation' | 'signature'>;

/**
 * A request whose digest was derived here. Nothing that is copied from it keeps the private field, so no
 * request with other contents counts as derived. Objects in a `WeakMap` would do the same at three
 * times the cost, for each request on each replica.
 */
class DerivedRequest implements Request {
  readonly kind = 'request';
  declare readonly signedWith?: readonly Digest[];
  readonly #cluster: string;

  constructor(
    cluster: string,
    readonly client: ClientId,
    readonly timestamp: Timestamp,
    readonly operation: string,
    readonly digest: Digest,
    readonly signature: Signature,
    signedWith: readonly Digest[] | undefined,
  ) {
    this.#cluster = cluster;
    if (signedWith !== undefined) this.signedWith = signedWith;
  }

  static isOf(cluster: string, request: Request): boolean {
    return #cluster in request && request.#cluster === cluster;
  }
}

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
  return new DerivedRequest(cluster, client, timestamp, operation, digest, signature, signedWith);
}

/** Whether the digest of a request is its own. */
export function isDerived(cluster: string, request: Request): boolean {
  if (DerivedRequest.isOf(cluster, request)) return true;
  const { client, timestamp, operation, digest } = request;
  return requestDigest(cluster, client, timestamp, operation) === digest;
}
