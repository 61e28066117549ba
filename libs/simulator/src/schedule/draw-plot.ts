/**
 * Plots: things that have to come together for a rule to matter, and seldom would by themselves.
 * A run has one now and then, among whatever else befalls it.
 */

import { maxFaulty, primaryOf, type ClientId, type ReplicaId } from '@ccro/consensus';
import type { FaultKind } from '@ccro/faults';
import { appendOperation } from '@ccro/state-machine';
import type { Random } from '../random.js';
import type { DiskOptions } from '../simulated-disk.js';
import type { SimulatedTuning } from '../simulated-node.js';
import type { TimedStep } from './schedule.js';

/** What a plot adds to a run, or puts in the place of what was drawn. */
export interface Plot {
  readonly faulty?: ReadonlyMap<ReplicaId, FaultKind>;
  readonly tuning?: SimulatedTuning;
  readonly disk?: DiskOptions;
  readonly steps: readonly TimedStep[];
}

interface Stage {
  readonly nodes: number;
  readonly clients: readonly [ClientId, ...ClientId[]];
  readonly safetyMs: number;
}

export function drawPlot(random: Random, stage: Stage): Plot {
  return random.pick([absence, hastyPrimary, succession])(random, stage);
}

/** A replica is away for long; who could tell it what it missed has forgotten, or lies. */
function absence(random: Random, { nodes, safetyMs }: Stage): Plot {
  const absent = random.below(nodes);
  const others = everyone(nodes).filter((replica) => replica !== absent);
  // Those that follow it are asked early; anyone may be.
  const following = others.map((_, index) => (absent + 1 + index) % nodes);
  const liars = random.chance(0.5) ? following : random.shuffled(others);
  const fromMs = random.between(0, safetyMs / 4);
  return {
    faulty: faultyOf(liars.slice(0, maxFaulty(nodes)), 'false-state'),
    tuning: { checkpointInterval: 2, windowSlots: 4, maxInFlightSlots: 2, maxBatchRequests: 1 },
    disk: { minMs: 0.1, maxMs: 1, keptDecisions: 2 },
    steps: [{ atMs: fromMs, step: { kind: 'crash', replicas: [absent] } }],
  };
}

/** The primary loses power again and again, in the middle of work, while its disk is slow. */
function hastyPrimary(random: Random, { nodes, clients, safetyMs }: Stage): Plot {
  const primary = primaryOf(random.integer(0, 1), nodes);
  const crashes = Array.from({ length: random.integer(3, 8) }, (): TimedStep[] => {
    const atMs = random.between(100, safetyMs);
    const restartMs = atMs + random.between(0, 50);
    const work = Array.from({ length: 3 }, (_, index): TimedStep => {
      const operation = appendOperation(`before ${atMs.toFixed(0)}, ${index}`);
      const step = { kind: 'submit', client: random.pick(clients), operation } as const;
      return { atMs: atMs - random.between(0, 60), step };
    });
    return [
      ...work,
      { atMs, step: { kind: 'crash', replicas: [primary] } },
      { atMs: Math.min(restartMs, safetyMs), step: { kind: 'restart', replicas: [primary] } },
    ];
  });
  return { faulty: new Map(), disk: { minMs: 5, maxMs: 60 }, steps: crashes.flat() };
}

/** The primary goes in the middle of its work, and a liar is next in line. */
function succession(random: Random, { nodes, safetyMs }: Stage): Plot {
  const first = primaryOf(0, nodes);
  const next = everyone(nodes).filter((replica) => replica !== first);
  const crashes = Array.from({ length: random.integer(1, 3) }, (): TimedStep => {
    const step = { kind: 'crash', replicas: [first] } as const;
    return { atMs: random.between(0, safetyMs / 2), step };
  });
  return {
    faulty: faultyOf(next.slice(0, maxFaulty(nodes)), 'false-view-change'),
    tuning: { maxInFlightSlots: 4, checkpointInterval: 8, windowSlots: 32 },
    steps: crashes,
  };
}

function everyone(nodes: number): ReplicaId[] {
  return Array.from({ length: nodes }, (_, replica) => replica);
}

function faultyOf(replicas: readonly ReplicaId[], kind: FaultKind): Map<ReplicaId, FaultKind> {
  return new Map(replicas.map((replica) => [replica, kind]));
}
