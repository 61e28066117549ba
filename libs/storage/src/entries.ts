/**
 * What a store keeps, entry by entry: a key, which says what it is, and its value. Keys sort by
 * sequence number within a kind.
 */

import type {
  Certificate,
  CompleteNewView,
  MovedBy,
  Digest,
  OwnVote,
  PrePrepare,
  RequestResult,
  SequenceNumber,
  SlotCertificate,
  SlotPhase,
  StoredDecision,
  Unsigned,
  UnsignedViewChange,
  View,
} from '@ccro/consensus';

/** The view the replica is in, or asks for. */
export interface ViewValue {
  readonly view: View;
  readonly newView: CompleteNewView | null;
  readonly viewChange: UnsignedViewChange | null;
  readonly movedBy?: readonly MovedBy[];
}

/** Stands for the chunks stored at or before `sequence`: they are the state after it. */
export interface StateValue {
  readonly sequence: SequenceNumber;
  readonly ledgerHead: Digest;
}

/** A checkpoint that is not stable yet; its changed chunks are entries of their own. */
export interface CheckpointValue {
  readonly ledgerHead: Digest;
  /** Names of chunks with nothing in them any more. */
  readonly removed: readonly string[];
}

export interface ChunkValue {
  readonly digest: Digest;
  readonly text: string;
}

/** Between `after` and the key's sequence number the replica took over a state: no decisions. */
export interface GapValue {
  readonly after: SequenceNumber;
}

/** A decision, and where its results are. */
export interface DecisionValue extends StoredDecision {
  /** Positions in the batch that its pages of results are named after, ascending. */
  readonly pages?: readonly number[];
  /** In place of pages: an earlier version stored them here. */
  readonly results?: readonly RequestResult[];
}

/** What each kind of entry is: the parts of its key beside the kind, and its value. */
interface Parts {
  readonly view: { readonly value: ViewValue };
  readonly stable: { readonly value: Certificate<'checkpoint'> };
  readonly state: { readonly value: StateValue };
  readonly checkpoint: OfSlot<CheckpointValue>;
  readonly gap: OfSlot<GapValue>;
  readonly chunk: OfSlot<ChunkValue> & { readonly name: string };
  readonly decision: OfSlot<DecisionValue>;
  readonly proposed: OfSlot<Unsigned<PrePrepare>>;
  readonly accepted: OfSlot<PrePrepare> & { readonly digest: Digest };
  readonly voted: OfSlot<OwnVote<SlotPhase>> & { readonly phase: SlotPhase };
  readonly certified: OfSlot<SlotCertificate> & { readonly phase: SlotPhase };
}

interface OfSlot<V> {
  readonly sequence: SequenceNumber;
  readonly value: V;
}

/** An entry with its value. */
export type Entry = { [K in keyof Parts]: { readonly kind: K } & Parts[K] }[keyof Parts];

/** An entry's key, taken apart. */
export type EntryName = {
  [K in keyof Parts]: { readonly kind: K } & Omit<Parts[K], 'value'>;
}[keyof Parts];

/** What an entry of a slot that is not decided for good is called. */
export type SlotEntryName = Extract<
  EntryName,
  { readonly kind: 'proposed' | 'accepted' | 'voted' | 'certified' }
>;

/** Decisions lie between these two keys, and nothing else does. */
export const DECISIONS = { first: 'decision/', end: 'decision0' } as const;

/** The same for pages of results, which no restarting replica needs. */
export const RESULTS = { first: 'results/', end: 'results0' } as const;

/** What an entry is called in the store. */
export function keyOf(name: EntryName): string {
  switch (name.kind) {
    case 'view':
    case 'stable':
    case 'state':
      return name.kind;
    case 'checkpoint':
    case 'gap':
    case 'decision':
      return `${name.kind}/${padded(name.sequence)}`;
    case 'chunk':
      return `chunk/${padded(name.sequence)}/${name.name}`;
    case 'proposed':
      return `slot/${padded(name.sequence)}/proposed`;
    case 'accepted':
      return `slot/${padded(name.sequence)}/accepted/${name.digest}`;
    case 'voted':
    case 'certified':
      return `slot/${padded(name.sequence)}/${name.kind}/${name.phase}`;
  }
}

/** What a page of a slot's results is called, whose first request is at `position` in the batch. */
export function pageKey(sequence: SequenceNumber, position: number): string {
  return `${RESULTS.first}${padded(sequence)}/${padded(position)}`;
}

/** The entry with `key`, whose value was written by this program; undefined for no entry's key. */
export function entryOf(key: string, value: unknown): Entry | undefined {
  const name = nameOf(key);
  // Nobody else writes here, and what is read was compared with its checksum.
  return name === undefined ? undefined : ({ ...name, value } as Entry);
}

const WITH_SEQUENCE = /^(checkpoint|gap|decision|chunk|slot)\/(\d{16})(?:\/([^]*))?$/;
const OF_SLOT = /^(?:(proposed)|(accepted)\/([^/]+)|(voted|certified)\/(prepare|commit))$/;

function nameOf(key: string): EntryName | undefined {
  if (key === 'view' || key === 'stable' || key === 'state') return { kind: key };
  const [, kind, digits, rest] = WITH_SEQUENCE.exec(key) ?? [];
  const sequence = Number(digits);
  switch (kind) {
    case 'checkpoint':
    case 'gap':
    case 'decision':
      return rest === undefined ? { kind, sequence } : undefined;
    case 'chunk':
      return rest === undefined ? undefined : { kind, sequence, name: rest };
    case 'slot':
      return rest === undefined ? undefined : nameInSlot(sequence, rest);
    default:
      return undefined;
  }
}

function nameInSlot(sequence: SequenceNumber, rest: string): EntryName | undefined {
  const [match, proposed, accepted, digest, own, phase] = OF_SLOT.exec(rest) ?? [];
  if (match === undefined) return undefined;
  if (proposed !== undefined) return { kind: 'proposed', sequence };
  if (accepted !== undefined && digest !== undefined) return { kind: 'accepted', sequence, digest };
  return { kind: own as 'voted' | 'certified', sequence, phase: phase as SlotPhase };
}

/** Sixteen digits hold every safe integer. */
function padded(sequence: SequenceNumber): string {
  return String(sequence).padStart(16, '0');
}
