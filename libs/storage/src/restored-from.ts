import type { Restored, SequenceNumber, StoredDecision } from '@ccro/consensus';
import type { Entry } from './entries.js';
import { storedDecision } from './result-pages.js';
import { Damage } from './store-error.js';

/**
 * What a replica is told when it starts again. A checkpoint that is not stable is reached again by
 * executing the decisions.
 *
 * @param entries what `Retention` kept, in any order; undefined comes of none
 * @throws Damage when the decisions have a gap
 */
export function restoredFrom(entries: readonly Entry[]): Restored | undefined {
  if (entries.length === 0) return undefined;
  const [view] = entriesOf(entries, 'view');
  const [stable] = entriesOf(entries, 'stable');
  const [state] = entriesOf(entries, 'state');
  const base = state?.value.sequence ?? 0;
  const chunks = entriesOf(entries, 'chunk')
    .filter(({ sequence }) => sequence <= base)
    .map(({ name, value: { text, digest } }) => ({ name, text, digest }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    ...(view?.value ?? { view: 0, newView: null, viewChange: null }),
    stable: stable?.value ?? null,
    snapshot: state === undefined ? null : { ...state.value, chunks },
    decisions: without(
      entriesOf(entries, 'decision').map(({ value }) => storedDecision(value)),
      base,
    ),
    proposed: entriesOf(entries, 'proposed').map(valueOf),
    accepted: entriesOf(entries, 'accepted').map(valueOf),
    votes: entriesOf(entries, 'voted').map(valueOf),
    certificates: entriesOf(entries, 'certified').map(valueOf),
  };
}

function entriesOf<K extends Entry['kind']>(
  entries: readonly Entry[],
  kind: K,
): Extract<Entry, { readonly kind: K }>[] {
  return entries.filter((entry): entry is Extract<Entry, { readonly kind: K }> => {
    return entry.kind === kind;
  });
}

function valueOf<V>({ value }: { readonly value: V }): V {
  return value;
}

/** Decisions after `base`, in order. */
function without(decisions: readonly StoredDecision[], base: SequenceNumber): StoredDecision[] {
  const later = decisions
    .filter(({ decision }) => decision.sequence > base)
    .sort((a, b) => a.decision.sequence - b.decision.sequence);
  for (const [index, { decision }] of later.entries()) {
    const expected = base + 1 + index;
    if (decision.sequence === expected) continue;
    throw new Damage(`the decision of slot ${expected} is missing, that of a later slot is there`);
  }
  return later;
}
