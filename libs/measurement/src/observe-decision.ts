/** One decision of a fresh cluster, looked at closely: who saw what, and which messages it took. */

import { setTimeout as delay } from 'node:timers/promises';
import type { Outcome } from '@ccro/client';
import { collectorOf, primaryOf } from '@ccro/consensus';
import { EmbeddedCluster, type EmbeddedPlan } from './embedded-cluster.js';

export interface DecisionPlan extends Omit<EmbeddedPlan, 'operationBytes'> {
  /** Text of the operation that is decided on. */
  readonly operation: string;
  /** How long the decision may take, in milliseconds. */
  readonly boundMs: number;
}

/** One node's part in it. Null: it did not reply. */
export interface ObservedNode {
  readonly id: number;
  /** Those of the view it was decided in; a communication node that failed may have had a successor. */
  readonly role: 'commander' | 'communication' | 'replica';
  readonly fault: string | null;
  readonly reply: 'matching' | 'false' | 'none';
  /** Votes of others that it saw for the decided batch, and against it. */
  readonly correct: number | null;
  readonly corrupt: number | null;
}

export interface ObservedDecision {
  readonly consensusTimeMs: number;
  /** In which it was decided; above 0 when commanders were replaced. */
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
      byKind: cluster.deliveriesByKind,
      nodes: nodesOf(plan, outcome),
    };
  } finally {
    await cluster.close();
  }
}

/** What was delivered when nothing more comes, or when that takes too long. */
async function untilQuiet(
  cluster: EmbeddedCluster,
): Promise<{ readonly deliveries: number; readonly bytes: number }> {
  let before = cluster.spent();
  for (let look = 0; look < MAX_QUIET_LOOKS; look += 1) {
    await delay(QUIET_MS);
    const now = cluster.spent();
    if (now.deliveries === before.deliveries) return now;
    before = now;
  }
  return before;
}

function nodesOf(
  { nodes, mode, faults }: Pick<DecisionPlan, 'nodes' | 'mode' | 'faults'>,
  { view, replies }: Outcome,
): ObservedNode[] {
  const commander = primaryOf(view, nodes);
  const collector = mode === 'ccro' ? collectorOf(commander, nodes, 0) : undefined;
  return Array.from({ length: nodes }, (_, id): ObservedNode => {
    const reply = replies.find(({ replica }) => replica === id);
    return {
      id,
      role: id === commander ? 'commander' : id === collector ? 'communication' : 'replica',
      fault: faults.get(id) ?? null,
      reply: reply === undefined ? 'none' : reply.matching ? 'matching' : 'false',
      correct: reply?.tally.correct ?? null,
      corrupt: reply?.tally.corrupt ?? null,
    };
  });
}
