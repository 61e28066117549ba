import type { ReplicaId } from '@ccro/consensus';
import type { Random } from '../random.js';
import type { TimedStep } from './schedule.js';

/** Honest nodes lose power, one, some or all of them, and start again a while later. */
export function drawPowerSteps(
  random: Random,
  honest: readonly ReplicaId[],
  safetyMs: number,
): TimedStep[] {
  return Array.from({ length: random.integer(1, 5) }, (): TimedStep[] => {
    const atMs = random.between(0, safetyMs);
    const replicas = drawVictims(random, honest);
    const crash: TimedStep = { atMs, step: { kind: 'crash', replicas } };
    // Whoever is still down when the network heals is started then.
    const downMs = random.pick([random.between(0, 5), random.between(5, 500), safetyMs]);
    const restart: TimedStep = { atMs: atMs + downMs, step: { kind: 'restart', replicas } };
    return restart.atMs < safetyMs ? [crash, restart] : [crash];
  }).flat();
}

function drawVictims(random: Random, honest: readonly ReplicaId[]): ReplicaId[] {
  const choice = random.next();
  if (choice < 0.3) return [...honest];
  const count = choice < 0.7 ? 1 : random.integer(1, honest.length);
  return random.shuffled(honest).slice(0, count);
}
