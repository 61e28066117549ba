/**
 * On which view-changes a Byzantine new primary begins its view: a quorum of those for the view, as
 * the protocol wants it; any of any view, those of before their signers voted most of all; too few;
 * or versions of its own alone, under the names of others. Of several sets that it draws it takes the one that undoes most of what was decided.
 */

import {
  chooseReproposals,
  type CarriedOver,
  type ClusterSize,
  type Digest,
  type NewView,
  type ReplicaId,
  type Reproposal,
  type View,
  type ViewChange,
} from '@ccro/consensus';
import { everyoneOf } from '@ccro/faults';
import type { Random } from '../random.js';
import type { Holdings } from './holdings.js';

/** Sets that it draws before it chooses. */
const TRIES = 6;

export interface NewViewChoice extends CarriedOver {
  readonly viewChanges: readonly ViewChange[];
  /** How the new-view refers to them. */
  readonly referred: NewView['viewChanges'];
}

export interface NewViewStage {
  readonly view: View;
  readonly size: ClusterSize;
  readonly nullBatch: Digest;
  /** Replicas that the adversary speaks for. */
  readonly own: readonly ReplicaId[];
  /** Another version of the view-change of one of its own. */
  readonly version: (replica: ReplicaId) => ViewChange;
}

export function chooseNewView(
  holdings: Holdings,
  random: Random,
  stage: NewViewStage,
): NewViewChoice | undefined {
  const draw = random.pick(DRAWS);
  let best: { readonly choice: NewViewChoice; readonly harm: number } | undefined;
  for (let tried = 0; tried < TRIES; tried += 1) {
    const viewChanges = draw(holdings, random, stage).toSorted((a, b) => a.replica - b.replica);
    if (viewChanges.length === 0) continue;
    const carriedOver = chooseReproposals(viewChanges, stage.size, stage.nullBatch);
    const harm = harmOf(holdings, carriedOver);
    if (best === undefined || harm > best.harm) {
      const referred = viewChanges.map(({ replica, digest }, index) => ({
        replica: draw === ownAlone ? index : replica,
        digest,
      }));
      best = { choice: { ...carriedOver, viewChanges, referred }, harm };
    }
  }
  return best?.choice;
}

/** The same less the last of what is carried over, or with nothing in the place of some of it. */
export function misreported(
  reproposals: readonly Reproposal[],
  random: Random,
  nullBatch: Digest,
): readonly Reproposal[] {
  if (random.chance(0.3)) return reproposals.slice(0, -1);
  return reproposals.map((each) => (random.chance(0.5) ? { ...each, digest: nullBatch } : each));
}

type Draw = (holdings: Holdings, random: Random, stage: NewViewStage) => ViewChange[];

/** Own versions first: they are what it is free to choose. */
const quorumForView: Draw = (holdings, random, { view, size, own, version }) => {
  const honest = honestOnes(size, own).flatMap((replica) =>
    holdings.viewChangesOf(replica).filter((each) => each.view === view),
  );
  const chosen = [...own.map(version), ...random.shuffled(honest)].slice(0, size.quorum);
  return chosen.length < size.quorum ? [] : chosen;
};

const ofAnyView: Draw = (holdings, random, { size, own, version }) => {
  const honest = honestOnes(size, own).flatMap((replica) => {
    const held = holdings.viewChangesOf(replica);
    const one = random.chance(0.5) ? held[0] : random.pick(held);
    return one === undefined ? [] : [one];
  });
  return [...own.map(version), ...random.shuffled(honest)].slice(0, size.quorum);
};

const tooFew: Draw = (holdings, random, stage) => {
  const { view, size, own, version } = stage;
  const honest = honestOnes(size, own).flatMap((replica) =>
    holdings.viewChangesOf(replica).filter((each) => each.view === view),
  );
  const count = random.integer(1, size.quorum - 1);
  return [...own.map(version), ...random.shuffled(honest)].slice(0, count);
};

/** As many as a quorum is. */
const ownAlone: Draw = (_, random, { size, own, version }) =>
  Array.from({ length: size.quorum }, () => version(random.pick(own) ?? 0));

/** What only one check refuses comes twice. */
const DRAWS: readonly [Draw, ...Draw[]] = [
  quorumForView,
  ofAnyView,
  ofAnyView,
  tooFew,
  ownAlone,
  ownAlone,
];

function honestOnes({ n }: ClusterSize, own: readonly ReplicaId[]): ReplicaId[] {
  return everyoneOf(n).filter((each) => !own.includes(each));
}

/** How much of what was decided or certified would be lost: the most for what would be another. */
function harmOf(holdings: Holdings, { stable, reproposals }: CarriedOver): number {
  const chosen = new Map(reproposals.map(({ sequence, digest }) => [sequence, digest]));
  let harm = 0;
  for (const [sequence, { digest }] of holdings.decided) {
    if (sequence <= stable.sequence) continue;
    const instead = chosen.get(sequence);
    if (instead === undefined) harm += 2;
    else if (instead !== digest) harm += 3;
  }
  return harm;
}
