/** Runs the planned faults, each lane on its own. */

import { maxFaulty } from '@ccro/consensus';
import type { ClusterMode } from '@ccro/cluster-config';
import { pause, Quit } from '@ccro/clock';
import type { Fault, GatewayFault, Planned, RedisFault } from './planned-fault.js';
import { untilReconnected } from './recovery.js';
import { gatewayFaults, nodeFaults, redisFaults } from './schedule.js';
import { strikeNode, type Battlefield } from './strike-node.js';

/**
 * Strikes until the time is up, and returns when everything has recovered. What does not recover
 * becomes a finding of the timeline, and ends its lane.
 */
export async function runFaults(
  seed: string,
  mode: ClusterMode,
  field: Battlefield,
): Promise<void> {
  const f = maxFaulty(field.cluster.nodes.length);
  const lanes = Array.from({ length: f }, (_, lane) =>
    runLane(nodeFaults(seed, lane, mode), (fault) => strikeNode(fault, field), field),
  );
  await Promise.all([
    ...lanes,
    runLane(redisFaults(seed), (fault) => strikeRedis(fault, field), field),
    runLane(gatewayFaults(seed), (fault) => strikeGateway(fault, field), field),
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
      const why = error instanceof Error ? error.message : String(error);
      timeline.finding(`after ${fault.kind}: ${why}`);
      return;
    }
  }
}

async function strikeRedis(
  fault: RedisFault,
  { cluster, timeline, timeUp, quit }: Battlefield,
): Promise<void> {
  const incident = timeline.strike({
    fault,
    target: 'redis',
    role: undefined,
    view: undefined,
  });
  await cluster.stopRedis(fault.kind === 'redis-restart');
  await pause(fault.downMs, timeUp);
  await cluster.reviveRedis();
  timeline.healed(incident);
  await untilReconnected(cluster, quit);
  timeline.over(incident);
}

async function strikeGateway(
  fault: GatewayFault,
  { cluster, timeline, timeUp }: Battlefield,
): Promise<void> {
  const gateway = cluster.gateway(Math.floor(fault.pick * cluster.gateways.length));
  const incident = timeline.strike({
    fault,
    target: gateway.name,
    role: undefined,
    view: undefined,
  });
  await gateway.kill();
  await pause(fault.downMs, timeUp);
  await cluster.revive(gateway);
  timeline.healed(incident);
  timeline.over(incident);
}
