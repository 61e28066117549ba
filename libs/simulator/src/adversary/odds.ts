import { FAULT_KINDS, type FaultKind } from '@ccro/faults';
import type { Random } from '../random.js';

/**
 * The probability of each action of the adversary in a run, in [0, 1]. Each run has some actions and not
 * others, so that the effect of each is not hidden by the rest.
 */
export interface Odds {
  /** Votes for whatever an honest replica votes for, also for two digests. */
  readonly supports: number;
  /** As primary: other batches for some replicas. */
  readonly splits: number;
  /** As primary: proposes to some replicas only. */
  readonly starves: number;
  /** As primary: names another collector to each replica. */
  readonly namesCollectors: number;
  /** As collector, or with certificates it made itself: lets some have them, or one alone. */
  readonly keepsCertificates: number;
  /** With one vote less than a quorum: makes a certificate in which one counts twice. */
  readonly forges: number;
  /** Asks for a view in other words to each replica. */
  readonly versions: number;
  /** As primary of a new view: begins it on view-changes of its choice. */
  readonly begins: number;
  /** Begins views that nobody asked for. */
  readonly unasked: number;
  /** Suspects any primary, and says so to one replica alone. */
  readonly suspects: number;
  /** Says that it is elsewhere than it is. */
  readonly misleads: number;
  /** Lies of libs/faults that it tells besides, and how often it tells one. */
  readonly lies: readonly FaultKind[];
  readonly liesOften: number;
}

/** Silence and lateness are no lies, and would hide the others. */
const LIES = FAULT_KINDS.filter((kind) => kind !== 'offline' && kind !== 'delay');

export function drawOdds(random: Random): Odds {
  const level = (): number => (random.chance(0.4) ? 0 : random.pick([0.2, 0.6, 1]));
  return {
    supports: level(),
    splits: level(),
    starves: level() / 2,
    namesCollectors: level(),
    keepsCertificates: level(),
    forges: level(),
    versions: level(),
    begins: random.pick([0, 0.6, 1, 1]),
    unasked: level() / 2,
    suspects: level(),
    misleads: level() / 2,
    lies: random.chance(0.3) ? [] : random.shuffled(LIES).slice(0, random.integer(1, 4)),
    liesOften: random.pick([0.2, 0.6, 1]),
  };
}
