/** Who is faulty in a run, how at first, and how that changes. */

import { collectorOf, maxFaulty, primaryOf, type ReplicaId } from '@ccro/consensus';
import { everyoneOf, FAULT_KINDS, type FaultKind } from '@ccro/faults';
import type { IsolationPlan } from '../adversary/isolated-decision.js';
import type { Random } from '../random.js';
import type { SimulatedFault } from '../simulated-node.js';
import type { Schedule, TimedStep } from './schedule.js';

/** What a primary can do worst, and a collector. */
const OF_PRIMARIES = ['offline', 'equivocate', 'fabricate', 'false-view-change', 'delay'] as const;
const OF_COLLECTORS = ['offline', 'silent-collector', 'forge-certificate'] as const;

/**
 * At most f replicas; those with a special role are among them more often than not. Either each
 * is faulty in its own way, or one adversary speaks for all of them.
 */
export function drawFaulty(random: Random, nodes: number): Map<ReplicaId, SimulatedFault> {
  const most = maxFaulty(nodes);
  const count = random.chance(0.8) ? most : random.integer(0, most);
  const anyone = random.shuffled(everyoneOf(nodes));
  const leader = random.pick([primaryOf(0, nodes), primaryOf(1, nodes), collectorOf(0, nodes, 0)]);
  const candidates = random.chance(0.6) ? [leader, ...anyone] : anyone;
  const chosen = [...new Set(candidates)].slice(0, count);
  const together = random.chance(0.4);
  return new Map(
    chosen.map((replica) => [replica, together ? 'byzantine' : drawKind(random, replica, nodes)]),
  );
}

/** None, unless a Byzantine party could make use of them. */
export function drawIsolations(
  random: Random,
  faulty: ReadonlyMap<ReplicaId, SimulatedFault>,
  nodes: number,
): IsolationPlan[] {
  if (![...faulty.values()].includes('byzantine')) return [];
  return Array.from({ length: random.integer(0, 2) }, () => ({
    witness: drawWitness(random, faulty, nodes),
    fromView: random.integer(0, 2),
    afterSlots: random.integer(0, 3),
    lastsMs: random.between(500, 4_000),
  }));
}

/** Any honest replica. */
export function drawWitness(
  random: Random,
  faulty: ReadonlyMap<ReplicaId, SimulatedFault>,
  nodes: number,
): ReplicaId {
  return random.pick(everyoneOf(nodes).filter((replica) => !faulty.has(replica))) ?? 0;
}

/** Drawn apart, so that all else stays what it is. An adversary keeps all that are its own. */
export function drawReplaced(
  random: Random,
  faulty: ReadonlyMap<ReplicaId, SimulatedFault>,
): Pick<Schedule, 'replaced'> {
  const ofNobody = [...faulty].filter(([, kind]) => kind !== 'byzantine').map(([id]) => id);
  const replaced = random.chance(0.5) ? random.pick(ofNobody) : undefined;
  return replaced === undefined ? {} : { replaced };
}

export function drawFaultSteps(
  random: Random,
  faulty: ReadonlyMap<ReplicaId, SimulatedFault>,
  { nodes, safetyMs }: { readonly nodes: number; readonly safetyMs: number },
): TimedStep[] {
  return [...faulty].flatMap(([replica, kind]) => {
    const changes = random.chance(0.4) ? random.integer(1, 3) : 0;
    return Array.from({ length: changes }, (): TimedStep => {
      const atMs = random.between(0, safetyMs);
      if (random.chance(0.2)) return { atMs, step: { kind: 'wipe', replica } };
      if (kind === 'byzantine') return { atMs, step: { kind: 'fault', replica, fault: kind } };
      const fault = random.chance(0.1) ? undefined : drawKind(random, replica, nodes);
      return { atMs, step: { kind: 'fault', replica, fault } };
    });
  });
}

function drawKind(random: Random, replica: ReplicaId, nodes: number): FaultKind {
  if (random.chance(0.5)) return random.pick(FAULT_KINDS);
  if (replica === collectorOf(0, nodes, 0)) return random.pick(OF_COLLECTORS);
  return replica <= maxFaulty(nodes) ? random.pick(OF_PRIMARIES) : random.pick(FAULT_KINDS);
}
