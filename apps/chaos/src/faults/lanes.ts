/** Runs the planned faults, each lane on its own. */

import { maxFaulty } from '@ccro/consensus';
import { pause, Quit } from '@ccro/clock';
import { errorMessage } from '@ccro/foreign-text';
import type { FaultContext } from './fault-context.js';
import type { Fault, Planned } from './planned-fault.js';
import { gatewayFaults, nodeFaults, redisFaults, type PlanOptions } from './schedule.js';
import { injectGatewayFault } from './inject-gateway-fault.js';
import { injectNodeFault } from './inject-node-fault.js';
import { injectRedisFault } from './inject-redis-fault.js';

/**
 * Injects until the time is up, and returns when everything has recovered. What does not recover
 * becomes a finding of the timeline, and ends its lane.
 */
export async function runFaults(
  seed: string,
  plan: PlanOptions,
  context: FaultContext,
): Promise<void> {
  const f = maxFaulty(context.cluster.nodes.length);
  const lanes = Array.from({ length: f }, (_, lane) =>
    runLane(nodeFaults(seed, lane, plan), (fault) => injectNodeFault(fault, context), context),
  );
  await Promise.all([
    ...lanes,
    runLane(redisFaults(seed, plan), (fault) => injectRedisFault(fault, context), context),
    runLane(gatewayFaults(seed, plan), (fault) => injectGatewayFault(fault, context), context),
  ]);
}

async function runLane<F extends Fault>(
  plan: Iterable<Planned<F>>,
  inject: (fault: F) => Promise<void>,
  { timeline, timeUp, quit }: FaultContext,
): Promise<void> {
  for (const { afterMs, fault } of plan) {
    await pause(afterMs, timeUp);
    if (timeUp.aborted || quit.aborted) return;
    try {
      await inject(fault);
    } catch (error) {
      if (error instanceof Quit || quit.aborted) return;
      timeline.finding(`after ${fault.kind}: ${errorMessage(error)}`);
      return;
    }
  }
}
