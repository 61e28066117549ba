/** Decisions one after another in a cluster within this process, and what each of them cost. */

import { increase, median } from '@ccro/figures';
import { EmbeddedCluster, NO_FAULTS, type EmbeddedPlan, type Spent } from './embedded-cluster.js';
import { OPERATION_BYTES, operationOf } from './operation.js';

export interface MeasuredPlan extends EmbeddedPlan {
  /** Length of each operation's text; default 200. */
  readonly operationBytes?: number;
}

/** As many decisions as the budget allows, but so many at least and at most. */
export interface DecisionBudget {
  readonly atLeast: number;
  readonly atMost: number;
  readonly budgetMs: number;
  /** Before anything is counted: compilers, connections and estimates of delays settle. */
  readonly warmUpMs: number;
}

/**
 * All of `Spent` is for one decision: `oneRound` is the part of the decisions that took one round
 * of votes, `fellBack` the part whose certificate came too late, so that votes were broadcast.
 */
export interface DecisionFigures extends Spent {
  readonly decisions: number;
  /** From sending the request to the f+1st matching reply; median, in milliseconds. */
  readonly timeMs: number;
  readonly fastestMs: number;
  readonly slowestMs: number;
  /** How certificates prove themselves. */
  readonly scheme: string;
}

/** No decision takes longer. */
const DECISION_BOUND_MS = 180_000;

/**
 * Starts a cluster, measures, closes it. A decision begins when all replies on the one before are
 * in, as far as they are expected.
 *
 * @throws Quit, Overdue, or what a replica failed with
 */
export async function measureDecisions(
  plan: MeasuredPlan,
  { atLeast, atMost, budgetMs, warmUpMs }: DecisionBudget,
  quit: AbortSignal,
): Promise<DecisionFigures> {
  const cluster = await EmbeddedCluster.start(plan);
  const operation = operationOf(plan.operationBytes ?? OPERATION_BYTES);
  const decisionMs = async (): Promise<number> =>
    (await cluster.decide(operation, DECISION_BOUND_MS, quit)).consensusTimeMs;
  try {
    await repeat({ atLeast: 1, atMost: Infinity, budgetMs: warmUpMs }, decisionMs);
    const before = cluster.spent();
    const times = await repeat({ atLeast, atMost, budgetMs }, decisionMs);
    return {
      ...increase(before, cluster.spent(), times.length),
      decisions: times.length,
      timeMs: median(times),
      fastestMs: Math.min(...times),
      slowestMs: Math.max(...times),
      scheme: cluster.config.signature,
    };
  } finally {
    await cluster.close();
  }
}

/**
 * Runs small clusters of both modes, so that the first size measured is not slower for being the
 * first: all clusters of this process run the same code.
 *
 * @throws Quit
 */
export async function compileAll(quit: AbortSignal, budgetMs: number): Promise<void> {
  const budget = { atLeast: 1, atMost: 1, budgetMs: 0, warmUpMs: budgetMs };
  for (const mode of ['ccro', 'pbft'] as const) {
    await measureDecisions({ nodes: 4, mode, faults: NO_FAULTS }, budget, quit);
  }
}

async function repeat(
  { atLeast, atMost, budgetMs }: Omit<DecisionBudget, 'warmUpMs'>,
  act: () => Promise<number>,
): Promise<number[]> {
  const deadline = performance.now() + budgetMs;
  const figures: number[] = [];
  while (figures.length < atMost) {
    if (figures.length >= atLeast && performance.now() >= deadline) break;
    figures.push(await act());
  }
  return figures;
}
