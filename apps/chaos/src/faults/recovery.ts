/** When a node that was hit counts as well again. */

import { maxFaulty } from '@ccro/consensus';
import { readNodeStatus, readReadiness, type NodeStatus } from '../http/status.js';
import { until } from '@ccro/clock';
import type { ProcessCluster, SupervisedProcess } from '@ccro/process-cluster';

const RECOVERY_BOUND_MS = 60_000;

/**
 * Slots that the cluster must go on after a node told lies: those in flight then may hold its
 * conflicting votes, and the next node to lie must not meet them there. It is the number of slots
 * that a primary keeps in flight.
 */
export const SLOTS_AFTER_LIES = 16;

/** What every node reports about itself; undefined for those that do not answer. */
export function readStatuses({ nodes }: ProcessCluster): Promise<(NodeStatus | undefined)[]> {
  return Promise.all(nodes.map(({ url }) => readNodeStatus(url)));
}

/**
 * Waits until node `id` behaves, is connected, and has executed `margin` slots more than anyone has
 * by now.
 *
 * @throws Overdue, Quit
 */
export async function untilRecovered(
  cluster: ProcessCluster,
  id: number,
  margin: number,
  quit: AbortSignal,
): Promise<void> {
  const executed = (await readStatuses(cluster)).map((status) => status?.lastExecuted ?? 0);
  const target = Math.max(...executed) + margin;
  const bound = { boundMs: RECOVERY_BOUND_MS, quit };
  await until(`recovery of node ${id} up to slot ${target}`, bound, async () => {
    const status = await readNodeStatus(cluster.node(id).url);
    if (status === undefined || !status.brokerConnected) return undefined;
    if ((status.fault ?? null) !== null) return undefined;
    return status.lastExecuted >= target ? status : undefined;
  });
}

/**
 * Waits until n - f other nodes hold a stable checkpoint at `slot` or above. Then some honest one
 * of them is in every quorum, and nobody asks any more what node `id` voted at or below `slot`.
 *
 * @throws Overdue, Quit
 */
export async function untilStableElsewhere(
  cluster: ProcessCluster,
  id: number,
  slot: number,
  quit: AbortSignal,
): Promise<void> {
  const n = cluster.nodes.length;
  const required = n - maxFaulty(n);
  const what = `a stable checkpoint at slot ${slot} on ${required} nodes besides node ${id}`;
  await until(what, { boundMs: RECOVERY_BOUND_MS, quit }, async () => {
    const others = (await readStatuses(cluster)).filter((_, each) => each !== id);
    const isBeyond = (status: NodeStatus | undefined): boolean =>
      status !== undefined && status.lowWatermark >= slot;
    return others.filter(isBeyond).length >= required ? others : undefined;
  });
}

/**
 * Waits until each of `programs` has said since the call that it is ready. Others may have their
 * own faults meanwhile, so they need not be ready all at a time.
 *
 * @throws Overdue, Quit
 */
export async function untilReady(
  programs: readonly SupervisedProcess[],
  quit: AbortSignal,
): Promise<void> {
  const bound = { boundMs: RECOVERY_BOUND_MS, quit };
  const ready = programs.map((program) =>
    until(`readiness of ${program.name}`, bound, async () => {
      const { url } = program;
      return url !== undefined && (await readReadiness(url)) === null ? true : undefined;
    }),
  );
  await Promise.all(ready);
}
