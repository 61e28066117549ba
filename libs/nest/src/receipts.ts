import { ClientError, type CcroClient } from '@ccro/client';
import { clusterKeys, type ClusterConfig } from '@ccro/cluster-config';
import type { Decision } from '@ccro/consensus';
import {
  isRejected,
  resultProof,
  type ResultProof,
  type Verification,
  type Verifier,
} from '@ccro/crypto';
import { buildReceipt, formatReceipt, ReceiptVerifier } from '@ccro/receipt';
import { verifiedDecision } from '@ccro/wire';
import { CcroError } from './ccro-error.js';
import type { Decided } from './decided.js';

/** How long a node may take to show a decision. */
const NODE_TIMEOUT_MS = 1000;

/**
 * Makes receipts of outcomes: one decision, shown by any node, and the replies that are there.
 *
 * Invariant kept here: what is handed out was checked as whoever gets it will check it.
 */
export class Receipts {
  private readonly receipts: ReceiptVerifier;
  private readonly verifier: Verifier;

  constructor(
    private readonly config: ClusterConfig,
    private readonly client: CcroClient,
    verification: Verification,
  ) {
    this.receipts = new ReceiptVerifier(clusterKeys(config), verification);
    this.verifier = verification.verifier;
  }

  /** @throws CcroError `no-receipt` when no node shows the decision, `closed` */
  async of(decided: Decided): Promise<string> {
    const { n } = this.client.size;
    for (let asked = 0; asked < n; asked += 1) {
      // Not always the same node first: reading is work.
      const node = (decided.sequence + asked) % n;
      const text = this.textOf(await this.decisionFrom(node, decided), decided);
      if (text !== undefined) return text;
    }
    throw new CcroError(
      'no-receipt',
      `no node shows the decision of ${decided.id} at ${decided.sequence}: nodes without a data ` +
        'directory keep the newest only; ask soon after the decision',
    );
  }

  /** A node's answer, if it is a decision that proves itself. */
  private async decisionFrom(node: number, decided: Decided): Promise<Decision | undefined> {
    const { sequence } = decided;
    const query = { type: 'decision', sequence } as const;
    const answer = await this.client.query(node, query, NODE_TIMEOUT_MS).catch(unlessClosed);
    const decisions = answer?.decisions;
    const { cluster } = this.config;
    const given: unknown = Array.isArray(decisions) ? decisions[0] : undefined;
    const decision = verifiedDecision(given, cluster, this.verifier);
    return decision?.sequence === sequence ? decision : undefined;
  }

  private textOf(decision: Decision | undefined, decided: Decided): string | undefined {
    const request = decision?.requests.find(({ digest }) => digest === decided.request);
    if (decision === undefined || request === undefined) return undefined;
    // Its digest is proven, but whoever showed it may have put another signature to it.
    if (isRejected(this.verifier.verify(request))) return undefined;
    const { cluster } = this.config;
    const proofs = proofsOf(decided);
    const text = formatReceipt(
      buildReceipt({ cluster, decision, request: request.digest, proofs }),
    );
    return this.receipts.verify(Buffer.from(text)).holds ? text : undefined;
  }
}

/** A node that gives no answer is passed over. */
function unlessClosed(error: unknown): undefined {
  if (error instanceof ClientError && error.code === 'closed') {
    throw new CcroError('closed', 'the application ends');
  }
}

/** The one result of each reply that the receipt is about. */
function proofsOf({ proof, timestamp }: Decided): readonly ResultProof[] {
  return proof.map((reply) =>
    resultProof(
      reply,
      reply.results.findIndex((result) => result.timestamp === timestamp),
    ),
  );
}
