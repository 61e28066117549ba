import { ClientError } from '@ccro/client';
import type { Decision } from '@ccro/consensus';
import { resultProof, type ResultProof } from '@ccro/crypto';
import { verifiedDecision } from '@ccro/wire';
import type { Connection } from './connection.js';
import { CcroError, type Decided } from './decided.js';

/** How long a node may take to show a decision. */
const NODE_TIMEOUT_MS = 1000;

/**
 * Makes a receipt of an outcome: one decision, shown by any node, and the replies that are there.
 *
 * @throws CcroError `no-receipt` when no node shows the decision, `closed`
 */
export async function receiptOf(decided: Decided, connection: Connection): Promise<string> {
  const { n } = connection.client.size;
  for (let asked = 0; asked < n; asked += 1) {
    // Not always the same node first: reading is work.
    const node = (decided.sequence + asked) % n;
    const decision = await decisionFrom(node, decided, connection);
    const text = decision && textOf(decision, decided, connection);
    if (text !== undefined) return text;
  }
  throw new CcroError(
    'no-receipt',
    `no node shows the decision of ${decided.id} at ${decided.sequence}: nodes without a data ` +
      'directory keep the newest only; ask soon after the decision',
  );
}

/** A node's answer, if it is a decision that proves itself. */
async function decisionFrom(
  node: number,
  { sequence }: Decided,
  { config, client, verifier }: Connection,
): Promise<Decision | undefined> {
  const query = { type: 'decision', sequence } as const;
  const answer = await client.query(node, query, NODE_TIMEOUT_MS).catch(unlessClosed);
  const decisions = answer?.decisions;
  const given: unknown = Array.isArray(decisions) ? decisions[0] : undefined;
  const decision = verifiedDecision(given, config.cluster, verifier);
  return decision?.sequence === sequence ? decision : undefined;
}

function textOf(
  decision: Decision,
  decided: Decided,
  { receipts }: Connection,
): string | undefined {
  const request = receipts.requestIn(decision, ({ digest }) => digest === decided.request);
  if (request === undefined) return undefined;
  const made = receipts.make(decision, request, proofsOf(decided));
  return 'text' in made ? made.text : undefined;
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
