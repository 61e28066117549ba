/** One decision of a fresh cluster, looked at closely: who saw what, and which messages it took. */

import { setTimeout as delay } from 'node:timers/promises';
import { nodesOf, type NodePart, type Outcome } from '@ccro/client';
import { primaryOf } from '@ccro/consensus';
import { EmbeddedCluster, type EmbeddedPlan, type Spent } from './embedded-cluster.js';

export interface DecisionPlan extends EmbeddedPlan {
  /** Text of the operation that is decided on. */
  readonly operation: string;
  /** How long the decision may take, in milliseconds. */
  readonly boundMs: number;
}

export interface ObservedNode extends NodePart {
  readonly fault: string | null;
}

export interface ObservedDecision {
  readonly consensusTimeMs: number;
  /** In which it was decided; above 0 when primaries were replaced. */
  readonly view: number;
  readonly sequence: number;
  /** Everything that was delivered until nothing came any more: a broadcast is n deliveries. */
  readonly deliveries: number;
  readonly bytes: number;
  /** `deliveries` by kind of message. */
  readonly byKind: Readonly<Record<string, number>>;
  readonly nodes: readonly ObservedNode[];
}

/** Nothing was delivered for so long: it is over. */
const QUIET_MS = 40;
const MAX_QUIET_LOOKS = 25;

/**
 * Starts a cluster, has it decide on one operation, closes it.
 *
 * @throws Quit, Overdue, or what a replica failed with
 */
export async function observeDecision(
  { operation, boundMs, ...plan }: DecisionPlan,
  quit: AbortSignal,
): Promise<ObservedDecision> {
  const cluster = await EmbeddedCluster.start(plan);
  try {
    const outcome = await cluster.decide(operation, boundMs, quit);
    const { deliveries, bytes } = await untilQuiet(cluster);
    const { consensusTimeMs, view, sequence } = outcome;
    return {
      consensusTimeMs,
      view,
      sequence,
      deliveries,
      bytes,
      byKind: cluster.tally.byKind,
      nodes: observedNodes(plan, outcome),
    };
  } finally {
    await cluster.close();
  }
}

/** What was delivered when nothing more comes, or when that takes too long. */
async function untilQuiet(cluster: EmbeddedCluster): Promise<Spent> {
  let before = cluster.spent();
  for (let look = 0; look < MAX_QUIET_LOOKS; look += 1) {
    await delay(QUIET_MS);
    const now = cluster.spent();
    if (now.deliveries === before.deliveries) return now;
    before = now;
  }
  return before;
}

/** With the roles that they had in this decision. */
function observedNodes(
  { nodes, faults }: Pick<DecisionPlan, 'nodes' | 'faults'>,
  { view, replies, collector }: Outcome,
): ObservedNode[] {
  const primary = primaryOf(view, nodes);
  return nodesOf(replies, nodes, { primary, collector }).map((node) => ({
    ...node,
    fault: faults.get(node.id) ?? null,
  }));
}
