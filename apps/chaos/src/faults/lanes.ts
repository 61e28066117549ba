/** Runs the planned faults, each lane on its own. */

import { maxFaulty } from '@ccro/consensus';
import { pause, Quit } from '@ccro/clock';
import { errorMessage } from '@ccro/foreign-text';
import type { Battlefield } from './battlefield.js';
import type { Fault, Planned } from './planned-fault.js';
import { gatewayFaults, nodeFaults, redisFaults, type PlanOptions } from './schedule.js';
import { strikeGateway } from './strike-gateway.js';
import { strikeNode } from './strike-node.js';
import { strikeRedis } from './strike-redis.js';

/**
 * Strikes until the time is up, and returns when everything has recovered. What does not recover
 * becomes a finding of the timeline, and ends its lane.
 */
export async function runFaults(
  seed: string,
  plan: PlanOptions,
  field: Battlefield,
): Promise<void> {
  const f = maxFaulty(field.cluster.nodes.length);
  const lanes = Array.from({ length: f }, (_, lane) =>
    runLane(nodeFaults(seed, lane, plan), (fault) => strikeNode(fault, field), field),
  );
  await Promise.all([
    ...lanes,
    runLane(redisFaults(seed, plan), (fault) => strikeRedis(fault, field), field),
    runLane(gatewayFaults(seed, plan), (fault) => strikeGateway(fault, field), field),
  ]);
}

async function runLane<F extends Fault>(
  plan: Iterable<Planned<F>>,
  strike: (fault: F) => Promise<void>,
  { timeline, timeUp, quit }: Battlefield,
): Promise<void> {
  for (const { afterMs, fault } of plan) {
    await pause(afterMs, timeUp);
    if (timeUp.aborted || quit.aborted) return;
    try {
      await strike(fault);
    } catch (error) {
      if (error instanceof Quit || quit.aborted) return;
      const why = errorMessage(error);
      timeline.finding(`after ${fault.kind}: ${why}`);
      return;
    }
  }
}
