/**
 * What becomes of a cluster in this process that was asked for more than it can do, on processors
 * that others keep busy; and what a view change costs it.
 */

import type { ClusterMode } from '@ccro/cluster-config';
import { Overdue, Quit, until } from '@ccro/clock';
import { increase } from '@ccro/figures';
import { setMaxListeners } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { EmbeddedCluster, NO_FAULTS } from './embedded-cluster.js';
import { OPERATION_BYTES, operationOf } from './operation.js';

export interface RecoveryPlan {
  readonly nodes: number;
  readonly mode: ClusterMode;
  /** Requests under way at a time while the load lasts. */
  readonly connections: number;
  readonly loadMs: number;
}

export interface RecoveryFigures extends ViewChangeFigures {
  /** Decided while the load lasted. */
  readonly decided: number;
  /** From the end of the load until a single request was decided. */
  readonly recoveredMs: number;
  /** Views that the load brought about. */
  readonly views: number;
}

interface ViewChangeFigures {
  /** From silencing the primary until all others are in the next view. */
  readonly viewChangeMs: number;
  /** Of this process, meanwhile. What the next decision takes is not in it. */
  readonly viewChangeCpuMs: number;
  readonly signaturesChecked: number;
  readonly viewChangeBytes: number;
}

/** Longer than any cluster takes that recovers. */
const BOUND_MS = 120_000;
/** Looking at hundreds of nodes takes time as well. */
const LOOK_MS = 250;

/**
 * Asks for as much as `plan` says, with a busy loop on each processor; then for one thing.
 *
 * A request that is not decided in time counts as decided then.
 *
 * @throws Quit, Overdue when nothing is decided before the load, or what a replica failed with
 */
export async function measureRecovery(
  plan: RecoveryPlan,
  quit: AbortSignal,
): Promise<RecoveryFigures> {
  const { nodes, mode } = plan;
  const cluster = await EmbeddedCluster.start({ nodes, mode, faults: NO_FAULTS });
  try {
    await cluster.decide(operationOf(OPERATION_BYTES), BOUND_MS, quit);
    const before = cluster.highest.view;
    const decided = await overload(cluster, plan, quit);
    const recoveredMs = await timeOfOne(cluster, quit);
    const views = cluster.highest.view - before;
    return { decided, recoveredMs, views, ...(await changeView(cluster, quit)) };
  } finally {
    await cluster.close();
  }
}

async function overload(
  cluster: EmbeddedCluster,
  { connections, loadMs }: RecoveryPlan,
  quit: AbortSignal,
): Promise<number> {
  const over = new AbortController();
  // Each connection listens.
  setMaxListeners(0, over.signal);
  let decided = 0;
  const post = async (): Promise<void> => {
    while (!over.signal.aborted) {
      await cluster.decide(operationOf(OPERATION_BYTES), BOUND_MS, over.signal);
      decided += 1;
    }
  };
  const busy = Array.from(
    { length: availableParallelism() },
    () => new Worker('for (;;) {}', { eval: true }),
  );
  // Callers that still wait when the load ends disconnect; their requests are not counted.
  const posting = Array.from({ length: connections }, () =>
    post().catch((error: unknown) => {
      if (!(error instanceof Quit)) throw error;
    }),
  );
  try {
    await Promise.race([delay(loadMs, undefined, { signal: quit }), Promise.all(posting)]);
  } catch (error) {
    throw quit.aborted ? new Quit() : error;
  } finally {
    over.abort();
    await Promise.all([...busy.map((worker) => worker.terminate()), Promise.allSettled(posting)]);
  }
  return decided;
}

async function timeOfOne(cluster: EmbeddedCluster, quit: AbortSignal): Promise<number> {
  const startedAt = performance.now();
  await cluster.decide(operationOf(OPERATION_BYTES), BOUND_MS, quit).catch((error: unknown) => {
    if (!(error instanceof Overdue)) throw error;
  });
  return performance.now() - startedAt;
}

async function changeView(cluster: EmbeddedCluster, quit: AbortSignal): Promise<ViewChangeFigures> {
  const patience = { boundMs: BOUND_MS, quit, everyMs: LOOK_MS };
  // What is left of the load is no part of it.
  await until('all nodes level', patience, async () => cluster.isLevel || undefined);
  const { view, primary } = cluster.highest;
  const before = cluster.spent();
  cluster.setFault(primary, 'offline');
  const startedAt = performance.now();
  // A request must be pending, so that replicas suspect the primary.
  const decided = timeOfOne(cluster, quit);
  await until('the next view', patience, async () => cluster.isBeyond(view, primary) || undefined);
  const viewChangeMs = performance.now() - startedAt;
  const { cpuMs, signaturesChecked, bytes } = increase(before, cluster.spent());
  await decided;
  return { viewChangeMs, viewChangeCpuMs: cpuMs, signaturesChecked, viewChangeBytes: bytes };
}
