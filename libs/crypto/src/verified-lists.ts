/**
 * Lists of requests that a client signed with one signature.
 *
 * Invariant kept here (validity): a request counts as signed by its client only if its digest is on
 * the list and the signature is the client's on exactly that list. A list has each digest once. The
 * signer is remembered with the list: a client can put any digest on its list, also of a request in
 * another client's name, so the list alone does not tell who signed.
 */

import type { ClientId, Digest, Request, Signature } from '@ccro/consensus';
import { bytes } from '@ccro/primitives';
import { LRUCache } from 'lru-cache';
import { signatureHolds } from './keys.js';
import { requestListBytes } from './signing-bytes.js';

/** Lists whose signature held, remembered at most: they come again with the pre-prepare. */
const MAX_REMEMBERED = 1024;

/** A list as one message brought it. */
interface Examined {
  readonly digests: ReadonlySet<Digest>;
  readonly client: ClientId;
  readonly signature: Signature;
  readonly holds: boolean;
}

/** What a client has signed. */
interface Signed {
  readonly client: ClientId;
  readonly bytes: Uint8Array;
}

export class VerifiedLists {
  /** By the array itself, which all requests of a message share. */
  private readonly examined = new WeakMap<readonly Digest[], Examined>();
  /** What was signed, by signature. */
  private readonly remembered = new LRUCache<Signature, Signed>({ max: MAX_REMEMBERED });

  constructor(private readonly cluster: string) {}

  /** Whether the request is one of those its signature covers. @param key of its client */
  holds({ client, digest, signature, signedWith = [] }: Request, key: Uint8Array): boolean {
    let list = this.examined.get(signedWith);
    if (list?.client !== client || list.signature !== signature) {
      const digests = new Set(signedWith);
      // What is listed twice would travel twice wherever it is passed on, which nobody takes.
      const isDistinct = digests.size === signedWith.length;
      const bytes = requestListBytes(this.cluster, signedWith);
      const holds = isDistinct && this.signatureHolds({ client, bytes }, signature, key);
      list = { digests, client, signature, holds };
      this.examined.set(signedWith, list);
    }
    return list.holds && list.digests.has(digest);
  }

  /** What the same client signed before needs no second check. */
  private signatureHolds(signed: Signed, signature: Signature, key: Uint8Array): boolean {
    const before = this.remembered.get(signature);
    if (before?.client === signed.client && bytes.equal(before.bytes, signed.bytes)) return true;
    if (!signatureHolds(signed.bytes, signature, key)) return false;
    this.remembered.set(signature, signed);
    return true;
  }
}
