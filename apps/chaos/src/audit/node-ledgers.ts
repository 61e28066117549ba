/** Each node's own ledger, read by asking that node alone. */

import type { CcroClient } from '@ccro/client';
import { z } from 'zod';
import { connectClient, type ProcessCluster } from '@ccro/process-cluster';

const PAGE = 100;
/** A node that was given a state goes on after a checkpoint; there are at least so many between. */
const SMALLEST_GAP = 16;
const ANSWER_TIMEOUT_MS = 5_000;
const ATTEMPTS = 3;

/** Batch digests by sequence number. A node that was given a state lacks what came before it. */
export type NodeLedger = ReadonlyMap<number, string>;

const answerSchema = z.looseObject({
  decisions: z.array(z.looseObject({ sequence: z.int().min(1), digest: z.string() })),
});

/** @param last the highest sequence number to ask for */
export async function readNodeLedgers(
  cluster: ProcessCluster,
  last: number,
): Promise<readonly NodeLedger[]> {
  const { client, close } = await connectClient(cluster, 'ccro:auditor');
  try {
    return await Promise.all(cluster.config.members.map(({ id }) => readLedger(client, id, last)));
  } finally {
    await close();
  }
}

async function readLedger(client: CcroClient, node: number, last: number): Promise<NodeLedger> {
  const digests = new Map<number, string>();
  let from = 1;
  while (from <= last) {
    const query = { type: 'ledger', from, limit: PAGE } as const;
    const answer = answerSchema.parse(await ask(client, node, query));
    for (const { sequence, digest } of answer.decisions) digests.set(sequence, digest);
    // Nothing there: it was given a state of later on, and its ledger goes on above that.
    from += answer.decisions.length === 0 ? SMALLEST_GAP : answer.decisions.length;
  }
  return digests;
}

async function ask(
  client: CcroClient,
  node: number,
  query: Parameters<CcroClient['query']>[1],
): Promise<unknown> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await client.query(node, query, ANSWER_TIMEOUT_MS);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}
