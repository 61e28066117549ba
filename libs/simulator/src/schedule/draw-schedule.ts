/**
 * Draws everything about a run from its seed.
 *
 * A run does not have every kind of fault: each kind is drawn or not, so that some runs have many of one
 * kind and none of another. That reaches states which a mixture of all kinds would not.
 */

import type { ReplicaId } from '@ccro/consensus';
import { everyoneOf } from '@ccro/faults';
import { deleteOperation, getOperation, putOperation, appendOperation } from '@ccro/state-machine';
import { Random } from '../random.js';
import { INSTANT_DISK, type DiskOptions } from '../simulated-disk.js';
import type { SimulatedFault, SimulatedTuning } from '../simulated-node.js';
import { drawIsolations, drawFaulty, drawFaultSteps, drawReplaced } from './draw-faults.js';
import { drawNetworkSteps } from './draw-network.js';
import { drawPlot, type Plot } from './draw-plot.js';
import { drawPowerSteps } from './draw-power.js';
import { FAULTY_CLIENT, type Choices, type Schedule, type TimedStep } from './schedule.js';

export const ALL_CHOICES: Choices = {
  modes: ['pbft', 'ccro'],
  nodes: [4, 5, 6, 7, 8, 9, 10],
  signatures: ['ed25519', 'bls'],
  fastPath: [true, false],
  signedTogether: [1, 3, 8],
};

/**
 * Of runs with four nodes that may have either: a BLS signature costs ten times an Ed25519 one to
 * check. The votes of n nodes are n times as many for each, so larger clusters have it less often.
 */
const BLS_SHARE = 0.25;
/** Of runs that have the smallest cluster: it is the fastest, and f of it are as good as any. */
const SMALLEST_SHARE = 0.65;
/** What is submitted at one instant can be signed together, so bursts come in such beats. */
const BEAT_MS = 15;

/**
 * How long everything may take once the network is healed. A view's time doubles with each view
 * that fails, so in the few seconds before it has grown to some ten seconds at the most; it may
 * double f + 1 times more while faulty primaries have their turn, and clocks may go slowly.
 */
const LIVENESS_MS = 180_000;
const CLIENTS = ['gateway', 'alice'] as const;

/** The schedule of `seed`, always the same one for the same choices. */
export function drawSchedule(seed: number | string, some: Partial<Choices> = {}): Schedule {
  const choices = { ...ALL_CHOICES, ...some };
  const random = new Random(`${seed}/schedule`);
  const mode = random.pick(choices.modes);
  const nodes = drawNodes(random, choices);
  const signing = drawSigning(new Random(`${seed}/signing`), choices, nodes);
  const troubles = drawTroubles(random);
  const safetyMs = random.integer(2_000, 7_000);
  const plot: Plot = random.chance(0.4)
    ? drawPlot(random, { nodes, clients: CLIENTS, safetyMs })
    : { steps: [] };
  const tuning = withFastPath({ ...drawTuning(random), ...plot.tuning }, choices);
  const drawn = troubles.faults ? drawFaulty(random, nodes) : new Map<ReplicaId, SimulatedFault>();
  const faulty = plot.faulty ?? drawn;
  const honest = everyoneOf(nodes).filter((replica) => !faulty.has(replica));
  const steps = [
    ...drawSubmissions(random, safetyMs, signing.signedTogether),
    ...drawNetworkSteps(random, { nodes, clients: CLIENTS, safetyMs, troubles }),
    ...(troubles.crashes ? drawPowerSteps(random, honest, safetyMs) : []),
    ...drawFaultSteps(random, faulty, { nodes, safetyMs }),
    ...(troubles.outsider ? drawOutsider(random, safetyMs) : []),
    ...plot.steps,
  ].sort((a, b) => a.atMs - b.atMs);
  return {
    seed,
    choices: narrowed(choices),
    mode,
    nodes,
    ...signing,
    tuning,
    clients: [...CLIENTS, FAULTY_CLIENT],
    disk: plot.disk ?? drawDisk(random, troubles.slowDisk),
    clockRates: everyoneOf(nodes).map(() => (troubles.drift ? random.between(0.7, 1.4) : 1)),
    faulty,
    ...drawReplaced(new Random(`${seed}/replaced`), faulty),
    isolations: plot.isolations ?? drawIsolations(random, faulty, nodes),
    steps,
    // A plot may take longer; what is healed must stay so.
    safetyMs: Math.max(safetyMs, ...plot.steps.map(({ atMs }) => atMs)),
    livenessMs: LIVENESS_MS,
    endsWithPowerCut: random.chance(0.3),
  };
}

/** The choices that leave something out. */
function narrowed(choices: Choices): Partial<Choices> {
  const all: Readonly<Record<string, unknown>> = { ...ALL_CHOICES };
  const differing = Object.entries(choices).filter(
    ([name, values]) => JSON.stringify(values) !== JSON.stringify(all[name]),
  );
  return Object.fromEntries(differing);
}

type Signing = Pick<Schedule, 'signature' | 'signedTogether'>;

function drawSigning(
  random: Random,
  { signatures, signedTogether }: Choices,
  nodes: number,
): Signing {
  const share = BLS_SHARE * (4 / nodes) ** 2;
  const bls = signatures.length > 1 ? random.chance(share) : signatures[0] === 'bls';
  return { signature: bls ? 'bls' : 'ed25519', signedTogether: random.pick(signedTogether) };
}

/** The first, or any of those that there are to choose from. */
function drawNodes(random: Random, { nodes }: Choices): number {
  return random.chance(SMALLEST_SHARE) ? nodes[0] : random.pick(nodes);
}

/** What was drawn, where there is a choice. */
function withFastPath(tuning: SimulatedTuning, { fastPath }: Choices): SimulatedTuning {
  return fastPath.length > 1 ? tuning : { ...tuning, fastPath: fastPath[0] };
}

/** Which kinds of trouble a run has. */
function drawTroubles(random: Random) {
  return {
    network: random.chance(0.6),
    partitions: random.chance(0.4),
    outages: random.chance(0.2),
    crashes: random.chance(0.6),
    faults: random.chance(0.8),
    outsider: random.chance(0.4),
    drift: random.chance(0.3),
    slowDisk: random.chance(0.6),
  };
}

/** Small windows and batches, so that a few dozen requests go through everything there is. */
function drawTuning(random: Random): SimulatedTuning {
  const checkpointInterval = random.pick([2, 4, 8]);
  return {
    checkpointInterval,
    windowSlots: checkpointInterval * random.pick([2, 4]),
    maxInFlightSlots: random.integer(1, checkpointInterval),
    fastPath: random.chance(0.6),
    maxBatchRequests: random.integer(1, 3),
    requestTimeoutMs: random.pick([300, 600, 1000]),
    maxDecisionsPerAnswer: random.pick([2, 16]),
    transferTimeoutMs: 300,
  };
}

function drawSubmissions(random: Random, safetyMs: number, signedTogether: number): TimedStep[] {
  const count = random.integer(6, 48);
  const bursts = Array.from({ length: random.integer(1, 4) }, () => random.between(0, safetyMs));
  const beatMs = signedTogether > 1 ? BEAT_MS : 0;
  const steps = Array.from({ length: count }, (_, index): TimedStep => {
    const near = bursts[random.below(bursts.length)] ?? 0;
    const atMs = random.chance(0.5)
      ? near + onBeat(random.between(0, 30), beatMs)
      : random.between(0, safetyMs);
    const client = random.pick(CLIENTS);
    return { atMs, step: { kind: 'submit', client, operation: drawOperation(random, index) } };
  });
  if (!random.chance(0.4)) return steps;
  const timestamp = random.integer(1, 100);
  const atMs = random.between(0, safetyMs);
  const kind = random.pick(['submit-twice', 'submit-lists', 'submit-scattered'] as const);
  return [...steps, { atMs, step: { kind, timestamp, key: drawKey(random) } }];
}

/** @param beatMs 0: any time will do */
function onBeat(ms: number, beatMs: number): number {
  return beatMs === 0 ? ms : Math.floor(ms / beatMs) * beatMs;
}

function drawOperation(random: Random, index: number): string {
  const key = drawKey(random);
  const choice = random.next();
  if (choice < 0.5) return putOperation(key, index);
  if (choice < 0.7) return appendOperation(index);
  return choice < 0.85 ? getOperation(key) : deleteOperation(key);
}

function drawKey(random: Random): string {
  return `key ${random.below(6)}`;
}

function drawDisk(random: Random, slow: boolean): DiskOptions {
  const delay = random.pick([
    { minMs: 0.1, maxMs: 1 },
    { minMs: 1, maxMs: 20 },
    { minMs: 0.1, maxMs: 150 },
  ]);
  const keptDecisions = random.pick([2, 8, 1_000]);
  return { ...(slow ? delay : INSTANT_DISK), keptDecisions };
}

function drawOutsider(random: Random, safetyMs: number): TimedStep[] {
  const step = { kind: 'outsider', messagesPerSecond: random.integer(2, 20) } as const;
  return [{ atMs: random.between(0, safetyMs / 2), step }];
}
