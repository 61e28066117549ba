import type { Decision, Digest, Request } from '@ccro/consensus';
import { isRejected, merklePath, type ResultProof, type Verifier } from '@ccro/crypto';
import { bytes } from '@ccro/primitives';
import { formatReceipt, RECEIPT_FORMAT, type Receipt } from './receipt.js';
import type { ReceiptVerifier } from './receipt-verifier.js';

/**
 * Makes receipts of decisions and results that nodes gave, whoever asked them.
 *
 * Invariant kept here: a receipt is handed out only after the check that its reader will make.
 */
export class ReceiptMaker {
  constructor(
    private readonly cluster: string,
    private readonly verifier: Verifier,
    private readonly receipts: ReceiptVerifier,
  ) {}

  /**
   * The first request for which `isMeant` holds, as its client signed it. A decision proves its requests
   * by their digests alone, so what a node passes on may have a signature that does not hold.
   *
   * @returns undefined also where the signature does not hold
   */
  requestIn({ requests }: Decision, isMeant: (request: Request) => boolean): Request | undefined {
    const found = requests.find(isMeant);
    return found === undefined || isRejected(this.verifier.verify(found)) ? undefined : found;
  }

  /** The text of the receipt of `request`, or why it does not hold. */
  make(
    decision: Decision,
    request: Request,
    proofs: readonly ResultProof[],
  ): { readonly text: string } | { readonly reason: string } {
    const { cluster } = this;
    const text = formatReceipt(
      buildReceipt({ cluster, decision, request: request.digest, proofs }),
    );
    const verdict = this.receipts.verify(bytes.fromUtf8(text));
    return verdict.holds ? { text } : { reason: verdict.reason };
  }
}

/** What a receipt is made of. */
export interface ReceiptParts {
  readonly cluster: string;
  /** Of the slot that executed the request. */
  readonly decision: Decision;
  /** Digest of a request in the decision. */
  readonly request: Digest;
  /** On one result of the request, of distinct replicas. */
  readonly proofs: readonly ResultProof[];
}

/**
 * Assembles a receipt. Its parts are not checked here: check the receipt before it is handed on.
 *
 * @throws RangeError when the decision has no such request, there are no proofs, or the certificate
 *   is of no kind that a receipt can carry
 */
export function buildReceipt({ cluster, decision, request, proofs }: ReceiptParts): Receipt {
  const { requests, certificate } = decision;
  const index = requests.findIndex(({ digest }) => digest === request);
  const found = requests[index];
  const [first] = proofs;
  if (found === undefined) throw new RangeError(`no request ${request} in the decision`);
  if (first === undefined) throw new RangeError('a receipt needs replies');
  const { client, timestamp, operation, signature, signedWith } = found;
  const listed = signedWith === undefined ? {} : { signedWith: [...signedWith] };
  const batch = merklePath(
    requests.map(({ digest }) => digest),
    index,
  );
  return {
    format: RECEIPT_FORMAT,
    cluster,
    request: { client, timestamp, operation, signature, ...listed },
    batch: { ...batch, siblings: [...batch.siblings] },
    certificate: certificateOf(certificate),
    result: first.result.result,
    replies: proofs
      .toSorted((a, b) => a.replica - b.replica)
      .map(({ replica, view, tally, collector, path, signature: signed }) => ({
        replica,
        view,
        tally: { ...tally },
        ...(collector === undefined ? {} : { collector }),
        path: { ...path, siblings: [...path.siblings] },
        signature: signed,
      })),
  };
}

function certificateOf({
  phase,
  view,
  sequence,
  digest,
  proof,
}: Decision['certificate']): Receipt['certificate'] {
  const { scheme, signers, signatures } = proof;
  if (phase === 'checkpoint') throw new RangeError('a checkpoint decides no slot');
  if (scheme !== 'ed25519' && scheme !== 'bls') throw new RangeError(`unknown scheme ${scheme}`);
  const lists = { signers: [...signers], signatures: [...signatures] };
  return { phase, view, sequence, digest, scheme, ...lists };
}
