/**
 * Lists of requests that a client signed with one signature.
 *
 * Invariant kept here (validity): a request is taken for its client's word only if its digest is
 * on the list and the signature is the client's on exactly that list. A list has each digest once.
 */

import type { ClientId, Digest, Request, Signature } from '@ccro/consensus';
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

export class VerifiedLists {
  /** By the array itself, which all requests of a message share. */
  private readonly examined = new WeakMap<readonly Digest[], Examined>();
  /** What was signed, by signature; the oldest first. */
  private readonly remembered = new Map<Signature, Buffer>();

  constructor(private readonly cluster: string) {}

  /** Whether the request is one of those its signature covers. @param key of its client */
  holds({ client, digest, signature, signedWith = [] }: Request, key: Buffer): boolean {
    let list = this.examined.get(signedWith);
    if (list?.client !== client || list.signature !== signature) {
      const digests = new Set(signedWith);
      // What is listed twice would travel twice wherever it is passed on, which nobody takes.
      const isDistinct = digests.size === signedWith.length;
      const holds = isDistinct && this.signatureHolds(signedWith, signature, key);
      list = { digests, client, signature, holds };
      this.examined.set(signedWith, list);
    }
    return list.holds && list.digests.has(digest);
  }

  /** A digest binds its client, so the same signature on the same list needs no second check. */
  private signatureHolds(digests: readonly Digest[], signature: Signature, key: Buffer): boolean {
    const bytes = requestListBytes(this.cluster, digests);
    if (this.remembered.get(signature)?.equals(bytes) === true) return true;
    if (!signatureHolds(bytes, signature, key)) return false;
    this.remembered.set(signature, bytes);
    if (this.remembered.size > MAX_REMEMBERED) {
      const [oldest = ''] = this.remembered.keys();
      this.remembered.delete(oldest);
    }
    return true;
  }
}
