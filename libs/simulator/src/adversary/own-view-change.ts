/** How a Byzantine replica may ask for a view: in any words that pass for a view-change. */

import type {
  Digest,
  ReplicaId,
  SequenceNumber,
  SlotReport,
  StableCheckpoint,
  UnsignedViewChange,
  View,
} from '@ccro/consensus';
import type { Random } from '../random.js';
import type { Holdings } from './holdings.js';

/** Slots beyond what it knows of that it may make up a report of. */
const BEYOND = 2;

interface Asking {
  readonly view: View;
  readonly replica: ReplicaId;
  /** L: an honest replica has nothing further above its checkpoint, and takes nothing that has. */
  readonly windowSlots: number;
  readonly nullBatch: Digest;
}

/**
 * Draws one: on the newest checkpoint or a stale one; with votes for anything in any earlier view,
 * or none; with certificates of any earlier view that it holds, the oldest as likely as the newest.
 */
export function drawViewChange(
  holdings: Holdings,
  random: Random,
  { view, replica, windowSlots, nullBatch }: Asking,
): UnsignedViewChange {
  const stable = drawCheckpoint(holdings, random);
  const last = Math.min(
    holdings.highest + random.integer(0, BEYOND),
    stable.sequence + windowSlots,
  );
  const draw = random.pick([nothing, nulls, lastOnly, anything, anything]);
  const sequences = Array.from(
    { length: Math.max(0, last - stable.sequence) },
    (_, index) => stable.sequence + 1 + index,
  );
  const slots = sequences.flatMap((sequence): SlotReport[] => {
    const { vote, certificate } = draw(holdings, random, { sequence, last, view, nullBatch });
    return vote === null && certificate === null ? [] : [{ sequence, vote, certificate }];
  });
  return { kind: 'view-change', view, stable, slots, replica };
}

function drawCheckpoint({ checkpoints }: Holdings, random: Random): StableCheckpoint {
  const newest = checkpoints.slice(-1);
  return (random.pick(random.chance(0.5) ? newest : checkpoints) ??
    checkpoints[0]) as StableCheckpoint;
}

interface Place {
  readonly sequence: SequenceNumber;
  readonly last: SequenceNumber;
  readonly view: View;
  readonly nullBatch: Digest;
}
type Report = Omit<SlotReport, 'sequence'>;
type DrawReport = (holdings: Holdings, random: Random, place: Place) => Report;

const NOTHING: Report = { vote: null, certificate: null };

const nothing: DrawReport = () => NOTHING;

/** As if it had always voted for nothing, just before. */
const nulls: DrawReport = (_, __, { view, nullBatch }) => ({
  vote: { view: view - 1, digest: nullBatch },
  certificate: null,
});

/** One slot alone, far up: everything below it that others do not report becomes a null batch. */
const lastOnly: DrawReport = (holdings, random, place) =>
  place.sequence === place.last ? nulls(holdings, random, place) : NOTHING;

const anything: DrawReport = (holdings, random, { sequence, view, nullBatch }) => {
  const held = holdings
    .certificatesAt(sequence)
    .filter((each) => each.phase === 'prepare' && each.view < view);
  const digests = [...holdings.digestsAt(sequence), nullBatch];
  const votes = random.chance(0.7);
  return {
    vote: votes ? { view: random.below(view), digest: random.pick(digests) ?? nullBatch } : null,
    certificate: random.chance(0.6) ? (random.pick(held) ?? null) : null,
  };
};
