import { Violation } from '../checkers/violation.js';
import { Random } from '../random.js';
import { SlotExploration } from './slot-exploration.js';

/** Slots explored for one seed: about as much work as one run of a small cluster. */
export const EXPLORATIONS_PER_SEED = 1_000;

const SIZES = [4, 5, 6, 7] as const;
const STEPS = [40, 80, 140] as const;

export interface ExplorationReport {
  readonly violations: readonly Violation[];
  /** Slots in which something was decided. */
  readonly decided: number;
}

/** Explores the re-proposal rule in many slots, all of which follow from the seed. */
export function exploreReproposals(seed: number | string): ExplorationReport {
  const random = new Random(`${seed}/exploration`);
  let decided = 0;
  for (let run = 0; run < EXPLORATIONS_PER_SEED; run += 1) {
    const n = random.pick(SIZES);
    const exploration = new SlotExploration(n, random);
    exploration.run(random.pick(STEPS));
    const { size } = exploration.decided;
    if (size > 0) decided += 1;
    if (size < 2) continue;
    const detail = `run ${run}, ${n} replicas: ${[...exploration.decided].join(' and ')} decided`;
    return { violations: [new Violation('agreement', detail)], decided };
  }
  return { violations: [], decided };
}
