import type { ReplicaId } from '@ccro/consensus';
import type { Random } from '../random.js';
import type { TimedStep } from './schedule.js';

/** Records that are seldom written, each at a turn of the protocol. */
const RARE = ['view-left', 'view-entered', 'checkpoint', 'proposed', 'certified'] as const;
const FREQUENT = ['accepted', 'voted', 'executed', 'snapshot'] as const;

/**
 * Honest nodes lose power, one, some or all of them, and start again a while later; at any time, or
 * one of them just when it has written down something.
 */
export function drawPowerSteps(
  random: Random,
  honest: readonly ReplicaId[],
  safetyMs: number,
): TimedStep[] {
  return Array.from({ length: random.integer(1, 5) }, (): TimedStep[] => {
    const atMs = random.between(0, safetyMs);
    if (random.chance(0.4)) return drawMoment(random, honest, atMs);
    const replicas = drawVictims(random, honest);
    const crash: TimedStep = { atMs, step: { kind: 'crash', replicas } };
    // Nodes that are still down when the network heals are started then.
    const downMs = random.pick([random.between(0, 5), random.between(5, 500), safetyMs]);
    const restart: TimedStep = { atMs: atMs + downMs, step: { kind: 'restart', replicas } };
    return restart.atMs < safetyMs ? [crash, restart] : [crash];
  }).flat();
}

function drawMoment(random: Random, honest: readonly ReplicaId[], atMs: number): TimedStep[] {
  const replica = random.pick(honest);
  if (replica === undefined) return [];
  const record = random.chance(0.7) ? random.pick(RARE) : random.pick(FREQUENT);
  const nth = random.integer(1, 4);
  const downMs = random.pick([random.between(0, 5), random.between(5, 500)]);
  return [{ atMs, step: { kind: 'crash-when', replica, record, nth, downMs } }];
}

function drawVictims(random: Random, honest: readonly ReplicaId[]): ReplicaId[] {
  const choice = random.next();
  if (choice < 0.3) return [...honest];
  const count = choice < 0.7 ? 1 : random.integer(1, honest.length);
  return random.shuffled(honest).slice(0, count);
}
