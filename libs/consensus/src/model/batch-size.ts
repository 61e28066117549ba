/**
 * How large a batch is on the wire.
 *
 * Invariant kept here (bounded memory): what fits by this measure fits into one message.
 */

import type { Digest } from '../messages/ids.js';
import type { Request } from '../messages/index.js';

/** A digest of a request that was signed together with others takes about this much. */
const CHARACTERS_PER_DIGEST = 12;

/** Adds up the sizes of requests, in the order of their batch. */
export class BatchSize {
  /** Characters, of which JSON makes six bytes at the most. */
  characters = 0;
  private list: readonly Digest[] | undefined;

  /** Requests that were signed together and come one after the other share the list of digests. */
  add(request: Request): void {
    this.characters = this.with(request);
    this.list = request.signedWith;
  }

  /** What it would be with one more request. */
  with({ operation, signedWith }: Request): number {
    const isShared = signedWith === undefined || signedWith === this.list;
    const list = isShared ? 0 : signedWith.length * CHARACTERS_PER_DIGEST;
    return this.characters + operation.length + list;
  }
}

/**
 * Characters of a batch's operations. Every replica computes the same, since the digest covers the
 * operations. The lists on which requests were signed do not count: a faulty client can send one
 * request to some replicas alone and to others on a long list.
 */
export function operationCharacters(batch: readonly Request[]): number {
  return batch.reduce((sum, { operation }) => sum + operation.length, 0);
}
