import type {
  Certificate,
  Chunk,
  OwnVote,
  PrePrepare,
  Restored,
  SequenceNumber,
  SlotCertificate,
  SlotPhase,
  StoredDecision,
  Unsigned,
} from '@ccro/consensus';
import { Damage } from './damage.js';
import type { Entry, StateValue, ViewValue } from './entries.js';

/** Entries by kind, until all have been seen. */
class Gathered {
  view: ViewValue = { view: 0, newView: null, viewChange: null };
  stable: Certificate<'checkpoint'> | null = null;
  state: StateValue | undefined;
  readonly chunks: (Chunk & { readonly sequence: SequenceNumber })[] = [];
  readonly decisions: StoredDecision[] = [];
  readonly proposed: Unsigned<PrePrepare>[] = [];
  readonly accepted: PrePrepare[] = [];
  readonly votes: OwnVote<SlotPhase>[] = [];
  readonly certificates: SlotCertificate[] = [];

  add(entry: Entry): void {
    switch (entry.kind) {
      case 'view':
        this.view = entry.value;
        return;
      case 'stable':
        this.stable = entry.value;
        return;
      case 'state':
        this.state = entry.value;
        return;
      case 'chunk':
        this.chunks.push({ name: entry.name, sequence: entry.sequence, ...entry.value });
        return;
      case 'decision':
        this.decisions.push(entry.value);
        return;
      case 'proposed':
        this.proposed.push(entry.value);
        return;
      case 'accepted':
        this.accepted.push(entry.value);
        return;
      case 'voted':
        this.votes.push(entry.value);
        return;
      case 'certified':
        this.certificates.push(entry.value);
        return;
      case 'checkpoint':
      case 'gap':
        // A checkpoint that is not stable is reached again by executing the decisions.
        return;
    }
  }
}

/**
 * What a replica is told when it starts again.
 *
 * @param entries what `Retention` kept, in any order; undefined comes of none
 * @throws Damage when the decisions have a gap
 */
export function restoredFrom(entries: readonly Entry[]): Restored | undefined {
  if (entries.length === 0) return undefined;
  const gathered = new Gathered();
  for (const entry of entries) gathered.add(entry);
  const { view, stable, state, chunks, decisions, ...slots } = gathered;
  const base = state?.sequence ?? 0;
  const whole = chunks
    .filter(({ sequence }) => sequence <= base)
    .map(({ name, text, digest }) => ({ name, text, digest }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    ...view,
    stable,
    snapshot: state === undefined ? null : { ...state, chunks: whole },
    decisions: without(decisions, base),
    ...slots,
  };
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
