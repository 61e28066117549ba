import { printable } from '@ccro/program';
import { appendOperation, createStateMachine } from '@ccro/state-machine';
import type { GatewayApi, LedgerEntry, SubmissionAnswer } from '../gateway-api.js';
import type { RunningCluster } from '../launch/running-cluster.js';

/** What every case submits, as in the seed's documentation. */
export const DEMO_DATA = 'very-important-data';

/**
 * Checks what was decided against what the client asked for: honest nodes hold the same ledger,
 * there is nothing in it but the client's data, and executing it here gives the answer's result.
 *
 * @returns what is wrong, one line each; empty when everything is right
 */
export async function checkDecisions(
  cluster: RunningCluster,
  gateway: GatewayApi,
  faulty: readonly number[],
  outcome: SubmissionAnswer,
): Promise<string[]> {
  const entries = await gateway.ledger();
  return [
    ...(await differingNodes(cluster, faulty)),
    ...entries.flatMap(strangeData),
    ...wrongAnswer(entries, outcome),
  ];
}

/** Honest nodes that executed equally far must have equal ledgers. */
async function differingNodes(
  { nodes }: RunningCluster,
  faulty: readonly number[],
): Promise<string[]> {
  const heads = new Map<number, Set<string>>();
  for (const { id, url } of nodes) {
    if (faulty.includes(id)) continue;
    const response = await fetch(`${url}/status`);
    const status = (await response.json()) as { lastExecuted: number; ledgerHead: string };
    const distinct = heads.get(status.lastExecuted) ?? new Set();
    heads.set(status.lastExecuted, distinct.add(status.ledgerHead));
  }
  return [...heads]
    .filter(([, distinct]) => distinct.size > 1)
    .map(([sequence]) => `honest nodes differ at sequence ${sequence}`);
}

function strangeData({ sequence, requests }: LedgerEntry): string[] {
  return requests
    .map(({ operation }) => operation)
    .filter((operation) => operation !== appendOperation(DEMO_DATA))
    .map((operation) => `sequence ${sequence} decided ${printable(operation, 200)}`);
}

/** Executes the ledger on a state machine of our own and compares. */
function wrongAnswer(entries: readonly LedgerEntry[], outcome: SubmissionAnswer): string[] {
  if (outcome.kind !== 'decided') return [];
  const { id, sequence, digest, result } = outcome.answer;
  const stateMachine = createStateMachine();
  for (const entry of entries) {
    for (const request of entry.requests) {
      const { client, timestamp, operation } = request;
      const context = { client, timestamp, sequence: entry.sequence };
      const expected = stateMachine.execute(operation, context);
      if (entry.sequence !== sequence) continue;
      if (entry.digest !== digest) return [`${id} names batch ${digest}, not ${entry.digest}`];
      if (expected === JSON.stringify(result)) return [];
      return [`${id} was answered ${JSON.stringify(result)}, not ${expected}`];
    }
  }
  return [`${id} was answered "decided", but sequence ${sequence} holds no request`];
}
