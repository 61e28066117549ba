/** The network's part of a schedule: phases of bad delivery, partitions, and a broker that disconnects. */

import { nodeConnectionName } from '@ccro/broker';
import { quorumSize, type ClientId, type ReplicaId } from '@ccro/consensus';
import { everyoneOf } from '@ccro/faults';
import type { Random } from '../random.js';
import { HEALTHY_NETWORK, type NetworkFaults } from '../simulated-network.js';
import { clientConnectionName } from '../trace/names.js';
import { nodesText } from './describe-schedule.js';
import type { CutLink, TimedStep } from './schedule.js';

export interface NetworkPlan {
  readonly nodes: number;
  readonly clients: readonly ClientId[];
  readonly safetyMs: number;
  readonly troubles: Readonly<Record<'network' | 'partitions' | 'outages', boolean>>;
}

export function drawNetworkSteps(random: Random, plan: NetworkPlan): TimedStep[] {
  const { troubles } = plan;
  return [
    ...(troubles.network ? drawPhases(random, plan) : []),
    ...(troubles.partitions ? drawCuts(random, plan) : []),
    ...(troubles.outages ? drawOutages(random, plan) : []),
  ];
}

function drawPhases(random: Random, { safetyMs }: NetworkPlan): TimedStep[] {
  return Array.from({ length: random.integer(1, 4) }, (_, index): TimedStep => {
    const atMs = index === 0 ? 0 : random.between(0, safetyMs);
    return { atMs, step: { kind: 'network', faults: drawFaults(random) } };
  });
}

function drawFaults(random: Random): NetworkFaults {
  const maxDelayMs = random.pick([2, 10, 50, 200]);
  const faults = {
    loss: random.chance(0.6) ? random.between(0, 0.3) : 0,
    duplication: random.chance(0.4) ? random.between(0, 0.3) : 0,
    minDelayMs: HEALTHY_NETWORK.minDelayMs,
    maxDelayMs,
  };
  // Some arrive after their receiver has stopped waiting.
  const straggling = { chance: 0.05, maxDelayMs: 3_000 };
  return random.chance(0.4) ? { ...faults, straggling } : faults;
}

function drawCuts(random: Random, plan: NetworkPlan): TimedStep[] {
  return Array.from({ length: random.integer(1, 4) }, () => {
    const atMs = random.between(0, plan.safetyMs);
    const healsMs = atMs + random.between(100, plan.safetyMs / 2);
    const heal = { kind: 'cut', what: 'nothing', links: [] } as const;
    return [
      { atMs, step: drawCut(random, plan) },
      { atMs: healsMs, step: heal },
    ];
  })
    .flat()
    .filter(({ atMs }) => atMs < plan.safetyMs);
}

function drawCut(
  random: Random,
  { nodes, clients }: NetworkPlan,
): Extract<TimedStep['step'], { kind: 'cut' }> {
  const everyone = random.shuffled(everyoneOf(nodes));
  const clientNames = clients.map(clientConnectionName);
  const names = (replicas: readonly ReplicaId[]): string[] => replicas.map(nodeConnectionName);
  const kind = random.below(4);
  if (kind === 0) {
    // No side has a quorum.
    const size = random.integer(nodes - quorumSize(nodes) + 1, quorumSize(nodes) - 1);
    const side = everyone.slice(0, size);
    const links = bothWays(names(side), names(everyone.slice(size)));
    return { kind: 'cut', what: `${nodesText(side)} from the rest`, links };
  }
  const few = everyone.slice(0, random.integer(1, nodes - quorumSize(nodes)));
  const others = [...names(everyone.slice(few.length)), ...clientNames];
  const what = nodesText(few);
  if (kind === 1) return { kind: 'cut', what, links: bothWays(names(few), others) };
  if (kind === 2)
    return { kind: 'cut', what: `what ${what} send`, links: oneWay(names(few), others) };
  return { kind: 'cut', what: `what ${what} hear`, links: oneWay(others, names(few)) };
}

function bothWays(some: readonly string[], others: readonly string[]): CutLink[] {
  return [...oneWay(some, others), ...oneWay(others, some)];
}

function oneWay(from: readonly string[], to: readonly string[]): CutLink[] {
  return from.flatMap((each) => to.map((other) => ({ from: each, to: other })));
}

function drawOutages(random: Random, { nodes, safetyMs }: NetworkPlan): TimedStep[] {
  const atMs = random.between(0, safetyMs / 2);
  const backMs = atMs + random.between(50, safetyMs / 2);
  const everyone = everyoneOf(nodes);
  const all = random.chance(0.5);
  const replicas = all ? everyone : random.shuffled(everyone).slice(0, random.integer(1, 2));
  return [
    { atMs, step: { kind: 'broker-away', replicas } },
    { atMs: backMs, step: { kind: 'broker-back', replicas } },
  ];
}
