import { FAULT_KINDS } from '@ccro/faults';
import type { Random } from '../random.js';

/** Silence and lateness are no lies, and would hide the others. */
const LIES = FAULT_KINDS.filter((kind) => kind !== 'offline' && kind !== 'delay');

/**
 * The probability of each action of the adversary in a run, in [0, 1]. Each run has some actions and not
 * others, so that the effect of each is not hidden by the rest.
 */
export type Odds = Readonly<ReturnType<typeof drawOdds>>;

export function drawOdds(random: Random) {
  const level = (): number => (random.chance(0.4) ? 0 : random.pick([0.2, 0.6, 1]));
  return {
    /** Votes for whatever an honest replica votes for, also for two digests. */
    supports: level(),
    /** As primary: other batches for some replicas. */
    splits: level(),
    /** As primary: proposes to some replicas only. */
    starves: level() / 2,
    /** As primary: names another collector to each replica. */
    namesCollectors: level(),
    /** As collector, or with certificates it made itself: lets some have them, or one alone. */
    keepsCertificates: level(),
    /** With one vote less than a quorum: makes a certificate in which one counts twice. */
    forges: level(),
    /** Asks for a view in other words to each replica. */
    versions: level(),
    /** As primary of a new view: begins it on view-changes of its choice. */
    begins: random.pick([0, 0.6, 1, 1]),
    /** Begins views that nobody asked for. */
    unasked: level() / 2,
    /** Suspects any primary, and says so to one replica alone. */
    suspects: level(),
    /** Says that it is elsewhere than it is. */
    misleads: level() / 2,
    /** Lies of libs/faults that it tells besides, and how often it tells one. */
    lies: random.chance(0.3) ? [] : random.shuffled(LIES).slice(0, random.integer(1, 4)),
    liesOften: random.pick([0.2, 0.6, 1]),
  };
}
