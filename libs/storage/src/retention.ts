/**
 * What is kept of a replica's records, and for how long.
 *
 * Invariants kept here:
 * - no equivocation, across restarts: of every slot above the stable checkpoint the latest vote of
 *   each phase is kept, and every batch that others may still ask for;
 * - bounded size: what lies at or below the stable checkpoint goes, except decisions and the state;
 * - the chunks at or before the state's sequence number are, one of each name, the whole state.
 */

import type {
  Certificate,
  ChunkChange,
  Digest,
  OwnVote,
  RequestResult,
  SequenceNumber,
  Snapshot,
  StoreRecord,
  View,
} from '@ccro/consensus';
import {
  type DecisionValue,
  keyOf,
  pageKey,
  type Entry,
  type SlotEntryName,
  type StateValue,
} from './entries.js';
import { pagesOf } from './result-pages.js';

/** What becomes of an entry. */
export type Change =
  | { readonly kind: 'put'; readonly key: string; readonly value: unknown }
  /** A page of a slot's results: a restarting replica does not need it. */
  | {
      readonly kind: 'put-page';
      readonly key: string;
      readonly sequence: SequenceNumber;
      readonly value: readonly RequestResult[];
    }
  | { readonly kind: 'delete'; readonly key: string }
  /** A decision that the state includes: it stays, but a restarting replica needs it no more. */
  | { readonly kind: 'archive'; readonly key: string; readonly sequence: SequenceNumber };

/** A chunk of the state, without its text. */
export interface StateChunk {
  readonly name: string;
  /** The checkpoint at which it changed last: its entry is stored there. */
  readonly sequence: SequenceNumber;
  readonly digest: Digest;
}

/** A checkpoint that the state does not include yet. */
interface Pending {
  readonly ledgerHead: Digest;
  /** Digests by name; null for a chunk that is no more. */
  readonly chunks: Map<string, Digest | null>;
}

/** Turns records into changes of entries. Knows which entries there are, not what is in them. */
export class Retention {
  private stable: SequenceNumber = 0;
  private wholeState: StateValue | undefined;
  private readonly chunks = new Map<string, StateChunk>();
  private readonly pending = new Map<SequenceNumber, Pending>();
  /** Views of what is kept of a slot, by key. */
  private readonly slots = new Map<SequenceNumber, Map<string, View>>();
  /** Slots without decisions, up to each key and after its value. */
  private readonly gaps = new Map<SequenceNumber, SequenceNumber>();
  private executed: SequenceNumber = 0;
  /** Positions of pages of results, of slots that the state does not include. */
  private readonly pages = new Map<SequenceNumber, readonly number[]>();
  private changes: Change[] = [];

  /** @param entries what an earlier run left, in any order */
  constructor(entries: readonly Entry[] = []) {
    for (const entry of entries) {
      if (entry.kind === 'state') this.wholeState = entry.value;
      if (entry.kind !== 'checkpoint') continue;
      const { ledgerHead, removed } = entry.value;
      const chunks = new Map<string, Digest | null>(removed.map((name) => [name, null]));
      this.pending.set(entry.sequence, { ledgerHead, chunks });
    }
    this.executed = this.base;
    for (const entry of entries) this.load(entry);
  }

  /** @returns what becomes of the entries, in order */
  apply(records: readonly StoreRecord[]): readonly Change[] {
    this.changes = [];
    for (const record of records) this.applyOne(record);
    return this.changes;
  }

  /** The newest whole state; undefined before the first stable checkpoint. */
  get state(): StateValue | undefined {
    return this.wholeState;
  }

  /** Ascending by name. */
  stateChunks(): StateChunk[] {
    return [...this.chunks.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whether the decision of a slot must be there. */
  hasDecision(sequence: SequenceNumber): boolean {
    if (sequence < 1 || sequence > this.executed) return false;
    for (const [last, after] of this.gaps) if (sequence > after && sequence <= last) return false;
    return true;
  }

  private get base(): SequenceNumber {
    return this.wholeState?.sequence ?? 0;
  }

  private load(entry: Entry): void {
    switch (entry.kind) {
      case 'view':
      case 'state':
      case 'checkpoint':
        return;
      case 'stable':
        this.stable = entry.value.sequence;
        return;
      case 'gap':
        this.gaps.set(entry.sequence, entry.value.after);
        return;
      case 'decision':
        this.executed = Math.max(this.executed, entry.sequence);
        this.pages.set(entry.sequence, entry.value.pages ?? []);
        return;
      case 'chunk': {
        const { sequence, name, value } = entry;
        const { digest } = value;
        if (sequence <= this.base) this.chunks.set(name, { name, sequence, digest });
        else this.pending.get(sequence)?.chunks.set(name, digest);
        return;
      }
      case 'proposed':
      case 'accepted':
      case 'voted':
      case 'certified':
        this.slot(entry.sequence).set(keyOf(entry), entry.value.view);
    }
  }

  private applyOne(record: StoreRecord): void {
    switch (record.kind) {
      case 'proposed':
        this.keep({ kind: 'proposed', sequence: record.prePrepare.sequence }, record.prePrepare);
        return;
      case 'accepted': {
        const { prePrepare } = record;
        const { sequence, digest } = prePrepare;
        this.keep({ kind: 'accepted', sequence, digest }, prePrepare);
        return;
      }
      case 'voted': {
        const { phase, view, sequence, digest } = record;
        // What a replica says of its state follows from its state: it cannot contradict itself.
        if (phase === 'checkpoint') return;
        const vote: OwnVote = { phase, view, sequence, digest };
        this.keep({ kind: 'voted', sequence, phase }, vote);
        return;
      }
      case 'certified':
        this.certified(record.certificate);
        return;
      case 'view-left': {
        const { kind: _kind, ...left } = record;
        this.put(keyOf({ kind: 'view' }), { newView: null, ...left });
        return;
      }
      case 'view-entered': {
        const { view, newView } = record;
        this.put(keyOf({ kind: 'view' }), { view, newView, viewChange: null });
        return;
      }
      case 'executed':
        this.decided(record);
        return;
      case 'checkpoint':
        this.checkpointed(record);
        return;
      case 'snapshot':
        this.replaceState(record.snapshot);
    }
  }

  /** Of a slot the latest view counts. Batches of other digests stay: others may ask for them. */
  private keep(name: SlotEntryName, value: { readonly view: View }): void {
    if (name.sequence <= this.stable) return;
    const slot = this.slot(name.sequence);
    const key = keyOf(name);
    if (value.view < (slot.get(key) ?? 0)) return;
    slot.set(key, value.view);
    this.put(key, value);
  }

  private certified(certificate: Certificate): void {
    const { phase, sequence } = certificate;
    if (phase !== 'checkpoint') {
      this.keep({ kind: 'certified', sequence, phase }, certificate);
      return;
    }
    if (sequence <= this.stable) return;
    this.stable = sequence;
    this.put(keyOf({ kind: 'stable' }), certificate);
    for (const [slot, keys] of this.slots) {
      if (slot > sequence) continue;
      for (const key of keys.keys()) this.delete(key);
      this.slots.delete(slot);
    }
    this.mergeStable();
  }

  private decided(record: Extract<StoreRecord, { kind: 'executed' }>): void {
    const { decision, results, ledgerHead } = record;
    const { sequence, requests } = decision;
    const pages = pagesOf(requests, results);
    const positions = pages.map(({ position }) => position);
    const key = keyOf({ kind: 'decision', sequence });
    this.put(key, { decision, ledgerHead, pages: positions } satisfies DecisionValue);
    for (const { position, results: value } of pages) {
      this.changes.push({
        kind: 'put-page',
        key: pageKey(sequence, position),
        sequence,
        value,
      });
    }
    if (sequence <= this.base) this.changes.push({ kind: 'archive', key, sequence });
    else this.pages.set(sequence, positions);
    this.executed = Math.max(this.executed, sequence);
  }

  /** A checkpoint waits until a quorum has it as well. After a restart one may come again. */
  private checkpointed(checkpoint: Extract<StoreRecord, { kind: 'checkpoint' }>): void {
    const { sequence, ledgerHead, changes } = checkpoint;
    if (sequence <= this.base) return;
    this.dropPending(sequence);
    const removed = changes.flatMap(({ name, chunk }) => (chunk === null ? [name] : []));
    this.put(keyOf({ kind: 'checkpoint', sequence }), { ledgerHead, removed });
    for (const change of changes) this.putChunk(sequence, change);
    const chunks = new Map(changes.map(({ name, chunk }) => [name, chunk?.digest ?? null]));
    this.pending.set(sequence, { ledgerHead, chunks });
    this.mergeStable();
  }

  private putChunk(sequence: SequenceNumber, { name, chunk }: ChunkChange): void {
    if (chunk === null) return;
    const { digest, text } = chunk;
    this.put(keyOf({ kind: 'chunk', sequence, name }), { digest, text });
  }

  /**
   * Makes what is stable part of the state. Chunks stay where they are: only those that they
   * replace go, and nothing is written a second time.
   */
  private mergeStable(): void {
    const due = [...this.pending.keys()].filter((sequence) => sequence <= this.stable);
    for (const sequence of due.sort((a, b) => a - b)) this.merge(sequence);
  }

  private merge(sequence: SequenceNumber): void {
    const checkpoint = this.pending.get(sequence);
    if (checkpoint === undefined) return;
    this.pending.delete(sequence);
    this.delete(keyOf({ kind: 'checkpoint', sequence }));
    for (const [name, digest] of checkpoint.chunks) {
      this.deleteChunk(this.chunks.get(name));
      if (digest === null) this.chunks.delete(name);
      else this.chunks.set(name, { name, sequence, digest });
    }
    this.moveState({ sequence, ledgerHead: checkpoint.ledgerHead });
  }

  /** The state came from elsewhere, and with it everything that led to it is told. */
  private replaceState({ sequence, ledgerHead, chunks }: Snapshot): void {
    for (const pending of [...this.pending.keys()]) this.dropPending(pending);
    for (const chunk of this.chunks.values()) this.deleteChunk(chunk);
    this.chunks.clear();
    for (const chunk of chunks) {
      const { name, digest } = chunk;
      this.putChunk(sequence, { name, chunk });
      this.chunks.set(name, { name, sequence, digest });
    }
    const last = this.executed;
    for (let later = sequence + 1; later <= last; later += 1) {
      this.deleteDecision(later);
    }
    this.moveState({ sequence, ledgerHead });
    if (last < sequence) {
      this.gaps.set(sequence, last);
      this.put(keyOf({ kind: 'gap', sequence }), { after: last });
    }
    this.executed = sequence;
  }

  private moveState(state: StateValue): void {
    const end = Math.min(state.sequence, this.executed);
    for (let sequence = this.base + 1; sequence <= end; sequence += 1) {
      this.pages.delete(sequence);
      this.changes.push({
        kind: 'archive',
        key: keyOf({ kind: 'decision', sequence }),
        sequence,
      });
    }
    this.wholeState = state;
    this.put(keyOf({ kind: 'state' }), state);
  }

  private dropPending(sequence: SequenceNumber): void {
    const checkpoint = this.pending.get(sequence);
    if (checkpoint === undefined) return;
    this.pending.delete(sequence);
    this.delete(keyOf({ kind: 'checkpoint', sequence }));
    for (const [name, digest] of checkpoint.chunks) {
      if (digest !== null) this.deleteChunk({ name, sequence });
    }
  }

  private deleteDecision(sequence: SequenceNumber): void {
    this.delete(keyOf({ kind: 'decision', sequence }));
    const positions = this.pages.get(sequence) ?? [];
    for (const position of positions) this.delete(pageKey(sequence, position));
    this.pages.delete(sequence);
  }

  private deleteChunk(chunk: Pick<StateChunk, 'name' | 'sequence'> | undefined): void {
    if (chunk === undefined) return;
    const { name, sequence } = chunk;
    this.delete(keyOf({ kind: 'chunk', sequence, name }));
  }

  private slot(sequence: SequenceNumber): Map<string, View> {
    const known = this.slots.get(sequence);
    if (known !== undefined) return known;
    const slot = new Map<string, View>();
    this.slots.set(sequence, slot);
    return slot;
  }

  private put(key: string, value: unknown): void {
    this.changes.push({ kind: 'put', key, value });
  }

  private delete(key: string): void {
    this.changes.push({ kind: 'delete', key });
  }
}
