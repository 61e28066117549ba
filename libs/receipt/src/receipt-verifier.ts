/**
 * Checks receipts with nothing but the cluster's public keys.
 *
 * Invariant kept here (validity, certificates): a receipt holds only if the client signed the
 * request, the request is in the batch, a certificate that decides names that batch, and f+1
 * distinct members signed the result of this request in this slot. Every field is bound by one of
 * these, and the text has one spelling (`receipt.ts`), so no byte of a receipt can be changed.
 */

import {
  clusterSize,
  decides,
  type Certificate,
  type ClusterSize,
  type Digest,
  type ReplicaId,
  type Request,
} from '@ccro/consensus';
import {
  createVerification,
  deriveRequest,
  verifyPath,
  type ClusterKeys,
  type SignatureScheme,
  type Verification,
  type Verifier,
} from '@ccro/crypto';
import { parseReceipt, type Receipt } from './receipt.js';
import { refusal, type Refusal } from './refusal.js';

/** What a receipt that holds proves. */
export interface Proven {
  readonly holds: true;
  readonly receipt: Receipt;
  /** Digest of the request, which identifies it everywhere. */
  readonly request: Digest;
  /** Replicas that signed the certificate. */
  readonly deciders: readonly ReplicaId[];
  /** How many it takes: a quorum to commit, all in the prepare phase. */
  readonly decidersNeeded: number;
  /** Replicas that signed the result, of which one is honest at least. */
  readonly witnesses: readonly ReplicaId[];
  /** f+1. */
  readonly witnessesNeeded: number;
}

export type Verdict = Proven | Refusal;

export class ReceiptVerifier {
  private readonly cluster: string;
  private readonly clients: ReadonlySet<string>;
  private readonly size: ClusterSize;
  private readonly scheme: SignatureScheme;
  private readonly verifier: Verifier;

  /**
   * @param verification made of the same keys, where it is there already
   * @throws KeyError for a malformed key, or one that two members share
   */
  constructor(keys: ClusterKeys, { scheme, verifier }: Verification = createVerification(keys)) {
    this.cluster = keys.cluster;
    this.clients = new Set(keys.clients.keys());
    this.size = clusterSize(keys.members.length);
    this.scheme = scheme;
    this.verifier = verifier;
  }

  /** @param bytes an alleged receipt. Never throws, whatever they contain. */
  verify(bytes: Uint8Array): Verdict {
    const receipt = parseReceipt(bytes);
    if ('holds' in receipt) return receipt;
    if (receipt.cluster !== this.cluster) {
      return refusal('wrong-cluster', `of ${receipt.cluster}, not ${this.cluster}`);
    }
    const { signedWith, ...fields } = receipt.request;
    const request = deriveRequest(this.cluster, fields, signedWith);
    return (
      this.refuseRequest(request) ??
      refuseBatch(receipt, request.digest) ??
      this.refuseCertificate(receipt) ??
      this.refuseReplies(receipt, request.digest) ??
      this.proven(receipt, request.digest)
    );
  }

  private refuseRequest(request: Request): Refusal | undefined {
    if (!this.clients.has(request.client)) return refusal('unknown-client', request.client);
    const verified = this.verifier.verify(request);
    return typeof verified === 'string' ? refusal('bad-request-signature') : undefined;
  }

  private refuseCertificate({ certificate }: Receipt): Refusal | undefined {
    const { phase, view, sequence, digest, ...proof } = certificate;
    const { n, quorum } = this.size;
    const whole: Certificate = { kind: 'certificate', phase, view, sequence, digest, proof };
    const code = this.scheme.refuseCertificate(whole);
    switch (code) {
      case undefined:
        return decides(whole, n) ? undefined : refusal('certificate-does-not-decide');
      case 'certificate-wrong-scheme':
        return refusal('wrong-scheme', `${proof.scheme}, not ${this.scheme.name}`);
      case 'unknown-member':
        return refusal('unknown-member', `node ${proof.signers.find((id) => id >= n)} of ${n}`);
      case 'certificate-duplicate-signer':
      case 'malformed':
        return refusal('duplicate-signer');
      case 'certificate-below-quorum':
        return refusal(code, `${proof.signers.length} of ${quorum} needed`);
      default:
        return refusal('bad-certificate-signature');
    }
  }

  private refuseReplies(receipt: Receipt, request: Digest): Refusal | undefined {
    const { replies, certificate, result } = receipt;
    const { client, timestamp } = receipt.request;
    const { sequence, digest: batch } = certificate;
    const { n, weakQuorum } = this.size;
    let previous = -1;
    for (const reply of replies) {
      if (reply.replica >= n) return refusal('unknown-member', `node ${reply.replica} of ${n}`);
      if (reply.replica <= previous) return refusal('duplicate-reply');
      previous = reply.replica;
      const said = { timestamp, request, sequence, batch, result };
      if (this.verifier.refuseResultProof({ ...reply, client, result: said }) !== undefined) {
        return refusal('bad-reply-signature', `node ${reply.replica}`);
      }
    }
    if (replies.length >= weakQuorum) return undefined;
    return refusal('too-few-replies', `${replies.length} of ${weakQuorum} needed`);
  }

  private proven(receipt: Receipt, request: Digest): Proven {
    const { n, quorum, weakQuorum } = this.size;
    return {
      holds: true,
      receipt,
      request,
      deciders: receipt.certificate.signers,
      decidersNeeded: receipt.certificate.phase === 'prepare' ? n : quorum,
      witnesses: receipt.replies.map(({ replica }) => replica),
      witnessesNeeded: weakQuorum,
    };
  }
}

function refuseBatch({ batch, certificate }: Receipt, request: Digest): Refusal | undefined {
  return verifyPath(certificate.digest, request, batch) ? undefined : refusal('not-in-batch');
}
