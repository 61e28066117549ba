/**
 * Plots: things that have to come together for a rule to matter, and seldom would by themselves.
 * A run has one now and then, among whatever else befalls it.
 */

import { nodeConnectionName } from '@ccro/broker';
import { collectorOf, maxFaulty, primaryOf, type ClientId, type ReplicaId } from '@ccro/consensus';
import { everyoneOf } from '@ccro/faults';
import { appendOperation } from '@ccro/state-machine';
import type { IsolationPlan } from '../adversary/isolated-decision.js';
import type { Random } from '../random.js';
import type { DiskOptions } from '../simulated-disk.js';
import type { SimulatedFault, SimulatedTuning } from '../simulated-node.js';
import { HEALTHY_NETWORK } from '../simulated-network.js';
import { drawWitness } from './draw-faults.js';
import type { CutLink, TimedStep } from './schedule.js';

/** What a plot adds to a run, or puts in the place of what was drawn. */
export interface Plot {
  readonly faulty?: ReadonlyMap<ReplicaId, SimulatedFault>;
  readonly isolations?: readonly IsolationPlan[];
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
  const plots = [
    absence,
    hastyPrimary,
    succession,
    usurpation,
    usurpation,
    loneDecision,
    latecomer,
  ];
  return random.pick(plots)?.(random, stage) ?? { steps: [] };
}

/** A replica is away for long; who could tell it what it missed has forgotten, or lies. */
function absence(random: Random, { nodes, safetyMs }: Stage): Plot {
  const absent = random.below(nodes);
  const others = everyoneOf(nodes).filter((replica) => replica !== absent);
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
  const next = everyoneOf(nodes).filter((replica) => replica !== first);
  const crashes = Array.from({ length: random.integer(1, 3) }, (): TimedStep => {
    const step = { kind: 'crash', replicas: [first] } as const;
    return { atMs: random.between(0, safetyMs / 2), step };
  });
  return {
    faulty: faultyOf(next.slice(0, maxFaulty(nodes)), drawHeir(random)),
    tuning: { maxInFlightSlots: 4, checkpointInterval: 8, windowSlots: 32 },
    steps: crashes,
  };
}

/**
 * One primary after the other crashes, with requests waiting, until a faulty one follows. By then a single
 * replica may know what was decided in the view before.
 */
function usurpation(random: Random, { nodes, clients, safetyMs }: Stage): Plot {
  const first = random.pick([1, 2, 2, 3]);
  const others = random.shuffled(everyoneOf(nodes).filter((replica) => replica !== first));
  const faulty = faultyOf([first, ...others].slice(0, maxFaulty(nodes)), 'byzantine');
  const everyMs = safetyMs / (first + 2);
  const steps = Array.from({ length: first }, (_, view): TimedStep[] => {
    const fromMs = (view + 0.5) * everyMs;
    const work = Array.from({ length: 4 }, (): TimedStep => {
      const operation = appendOperation(`in view ${view}, ${random.below(1_000)}`);
      const step = { kind: 'submit', client: random.pick(clients), operation } as const;
      return { atMs: fromMs + random.between(-everyMs / 2, everyMs / 4), step };
    });
    const goes = !faulty.has(view) && (view < first - 1 || random.chance(0.5));
    if (!goes) return work;
    const replicas = [primaryOf(view, nodes)];
    const backMs = fromMs + random.between(0.2, 1) * everyMs;
    return [
      ...work,
      { atMs: fromMs, step: { kind: 'crash', replicas } },
      { atMs: backMs, step: { kind: 'restart', replicas } },
    ];
  }).flat();
  const isolation = (): IsolationPlan => ({
    witness: drawWitness(random, faulty, nodes),
    fromView: first - 1,
    afterSlots: random.integer(0, 3),
    lastsMs: random.between(500, 3_000),
  });
  return {
    faulty,
    isolations: random.chance(0.7) ? [isolation()] : [],
    tuning: { requestTimeoutMs: 300, checkpointInterval: random.pick([4, 8]), windowSlots: 16 },
    steps,
  };
}

/**
 * The collector decides on the votes of all and no other replica learns of it: all are disconnected at
 * that moment, long enough for the others to leave the view, and the collector for longer.
 */
function loneDecision(random: Random, { nodes, clients, safetyMs }: Stage): Plot {
  const collector = collectorOf(primaryOf(0, nodes), nodes, 0);
  const others = everyoneOf(nodes).filter((replica) => replica !== collector);
  const submittedMs = random.between(20, safetyMs / 4);
  const cutMs = submittedMs + random.between(10, 120);
  const apartMs = 2_000;
  const cut = (atMs: number, what: string, links: readonly CutLink[]): TimedStep => ({
    atMs,
    step: { kind: 'cut', what, links },
  });
  return {
    faulty: random.chance(0.5)
      ? new Map()
      : faultyOf(random.shuffled(others).slice(0, maxFaulty(nodes)), drawHeir(random)),
    tuning: { fastPath: true, requestTimeoutMs: 300, stragglerWaitMs: { min: 100, max: 200 } },
    steps: [
      { atMs: 0, step: { kind: 'network', faults: { ...HEALTHY_NETWORK, maxDelayMs: 40 } } },
      {
        atMs: submittedMs,
        step: { kind: 'submit', client: random.pick(clients), operation: appendOperation('lone') },
      },
      cut(cutMs, 'everybody from everybody', linksAmong(everyoneOf(nodes))),
      cut(
        cutMs + apartMs,
        `what node ${collector} sends`,
        linksAmong(everyoneOf(nodes)).filter(({ from }) => from === nodeConnectionName(collector)),
      ),
      cut(cutMs + 2 * apartMs, 'nothing', []),
    ],
  };
}

/**
 * A replica asks for a view as the others do and then receives no messages, neither that they ask for it
 * nor that it begins: replicas that took part must tell it.
 */
function latecomer(random: Random, { nodes, clients, safetyMs }: Stage): Plot {
  const primary = primaryOf(0, nodes);
  const deaf = random.integer(2, nodes - 1);
  const goneMs = random.between(0.3, 0.6) * safetyMs;
  const work = Array.from({ length: 6 }, (_, index): TimedStep => {
    const operation = appendOperation(`while ${deaf} is deaf, ${index}`);
    const step = { kind: 'submit', client: random.pick(clients), operation } as const;
    return { atMs: goneMs + random.between(0, 200), step };
  });
  const links = linksAmong(everyoneOf(nodes)).filter(({ to }) => to === nodeConnectionName(deaf));
  // Before the others give up the view that they began without it.
  const backMs = goneMs + random.between(350, 500);
  return {
    faulty: new Map(),
    tuning: { requestTimeoutMs: 300 },
    steps: [
      ...work,
      { atMs: goneMs, step: { kind: 'cut', what: `what nodes tell node ${deaf}`, links } },
      { atMs: goneMs, step: { kind: 'crash', replicas: [primary] } },
      { atMs: Math.min(backMs, safetyMs), step: { kind: 'restart', replicas: [primary] } },
    ],
  };
}

function linksAmong(replicas: readonly ReplicaId[]): CutLink[] {
  const names = replicas.map(nodeConnectionName);
  return names.flatMap((from) =>
    names.filter((to) => to !== from).map((to): CutLink => ({ from, to })),
  );
}

/** The kind of party that exploits a new view. */
function drawHeir(random: Random): SimulatedFault {
  return random.pick(['false-view-change', 'byzantine']);
}

function faultyOf(
  replicas: readonly ReplicaId[],
  kind: SimulatedFault,
): Map<ReplicaId, SimulatedFault> {
  return new Map(replicas.map((replica) => [replica, kind]));
}
