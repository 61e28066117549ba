import type { Evidence, ReplicaId, Standing } from '@ccro/consensus';
import type { NodeStatus } from './node-status.js';
import type { ShownEvidence } from './evidence-judge.js';

/** A node that others accuse of something. */
export interface Suspect {
  readonly id: ReplicaId;
  /** Kind of evidence, see `Evidence` in `libs/consensus`. */
  readonly kind: Evidence['kind'];
  /** What the gateway found it to be worth; a suspicion is no more than the witnesses' word. */
  readonly standing: Standing;
  /** The same for people. */
  readonly restsOn: string;
  /** Who says so. Up to f of them may be lying. */
  readonly witnesses: readonly ReplicaId[];
}

const RANK: Readonly<Record<Standing, number>> = { proven: 0, signed: 1, suspected: 2 };

const RESTS_ON: Readonly<Record<Evidence['kind'], string>> = {
  'conflicting-votes': 'two votes for one slot, both with its signature',
  'conflicting-proposals': 'two proposals for one slot, both with its signature',
  'vote-against-decision':
    'its signed vote against what a quorum signed; honest if the commander proposed that to it',
  'wrong-chunk': 'the word of who received it',
  'collector-failed': 'no certificate came in time, as with a slow network or machine',
};
const WORD_ALONE = 'no signature was shown that holds';

/**
 * Merges the accusations of the nodes: proven ones first, then by number of witnesses. There is one
 * entry per node and kind, so witnesses that invent accusations add a bounded number.
 */
export function suspectsIn(
  statuses: readonly NodeStatus[],
  n: number,
  standingOf: (witness: ReplicaId, shown: ShownEvidence) => Standing,
): Suspect[] {
  const suspects = new Map<string, { best: Standing; shown: ShownEvidence; by: Set<ReplicaId> }>();
  for (const { id: witness, evidence } of statuses) {
    for (const shown of evidence) {
      const { accused, kind } = shown;
      if (accused >= n || accused === witness) continue;
      const key = `${accused}:${kind}`;
      const suspect = suspects.get(key) ?? { best: 'suspected', shown, by: new Set() };
      suspects.set(key, suspect);
      if (suspect.by.has(witness)) continue;
      suspect.by.add(witness);
      const standing = standingOf(witness, shown);
      if (RANK[standing] < RANK[suspect.best]) suspect.best = standing;
    }
  }
  return [...suspects.values()]
    .map(({ best: standing, shown: { accused: id, kind }, by }) => ({
      ...{ id, kind, standing, restsOn: restsOn(kind, standing), witnesses: [...by] },
    }))
    .sort(
      (a, b) =>
        RANK[a.standing] - RANK[b.standing] ||
        b.witnesses.length - a.witnesses.length ||
        a.id - b.id,
    );
}

function restsOn(kind: Evidence['kind'], standing: Standing): string {
  const isWordAlone =
    standing === 'suspected' && kind !== 'collector-failed' && kind !== 'wrong-chunk';
  return isWordAlone ? WORD_ALONE : RESTS_ON[kind];
}
