import type { Decision, Request } from '@ccro/consensus';
import { isRejected, type ResultProof, type Verifier } from '@ccro/crypto';
import { bytes } from '@ccro/primitives';
import { buildReceipt } from './build-receipt.js';
import { formatReceipt } from './receipt.js';
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
