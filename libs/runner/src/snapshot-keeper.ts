/**
 * Holds the state at a checkpoint for replicas that fetch it, while the store goes on.
 *
 * Invariants kept here:
 * - bounded memory: a state is held only while it is being fetched, never more than a few at a
 *   time, and of its texts so many characters. Requests for other states change nothing;
 * - bounded work: a chunk is read and cut once for all parts of it that are asked for.
 */

import type { Clock } from '@ccro/clock';
import { manifestText, partsOf, type SequenceNumber } from '@ccro/consensus';
import type { HeldSnapshot, ReplicaStore } from '@ccro/storage';

/** How long a state is held after it was last asked for. */
const IDLE_MS = 10_000;
/** States held at a time: a replica that fetches an older one starts again with a newer. */
const MAX_HELD = 2;

/** Characters of chunks that are kept cut, of all states together, beside the newest one. */
const MAX_CUT_CHARACTERS = 16 * 1024 * 1024;

/** A part of a chunk, and how many there are. */
export interface FoundPart {
  readonly text: string;
  readonly parts: number;
}

/** Undefined: there is no such chunk. */
type Parts = readonly string[] | undefined;

interface Held {
  readonly snapshot: HeldSnapshot;
  cancelTimer: () => void;
}

export class SnapshotKeeper {
  /** The one that was asked for last comes last. */
  private readonly held = new Map<SequenceNumber, Held>();
  /** Chunks that were read and cut; the one that was asked for last comes last. */
  private readonly cut = new Map<string, { parts: Promise<Parts>; characters: number }>();
  /** States that the store was asked for and has not given or refused yet. */
  private readonly asked = new Map<SequenceNumber, Promise<Held | undefined>>();

  constructor(
    private readonly store: ReplicaStore,
    private readonly clock: Clock,
  ) {}

  /** @param chunk name of a chunk, or the empty name for the manifest */
  async part(
    sequence: SequenceNumber,
    chunk: string,
    part: number,
  ): Promise<FoundPart | undefined> {
    const held = this.held.get(sequence) ?? (await this.take(sequence));
    if (held === undefined) return undefined;
    this.held.delete(sequence);
    this.held.set(sequence, held);
    held.cancelTimer();
    held.cancelTimer = this.clock.schedule(IDLE_MS, () => this.releaseIdle(sequence));
    const parts = await this.partsOf(held, sequence, chunk);
    const found = parts?.[part];
    return parts === undefined || found === undefined
      ? undefined
      : { text: found, parts: parts.length };
  }

  private partsOf({ snapshot }: Held, sequence: SequenceNumber, chunk: string): Promise<Parts> {
    const key = `${sequence}/${chunk}`;
    const known = this.cut.get(key);
    if (known !== undefined) {
      this.cut.delete(key);
      this.cut.set(key, known);
      return known.parts;
    }
    const entry = { parts: this.cutUp(snapshot, key, chunk), characters: 0 };
    this.cut.set(key, entry);
    return entry.parts;
  }

  private async cutUp(snapshot: HeldSnapshot, key: string, chunk: string): Promise<Parts> {
    try {
      const text = await (chunk === '' ? manifestText(snapshot) : snapshot.text(chunk));
      const entry = this.cut.get(key);
      if (text === undefined) this.cut.delete(key);
      else if (entry !== undefined) entry.characters = text.length;
      this.forgetLeastUsed();
      return text === undefined ? undefined : partsOf(text);
    } catch (error) {
      this.cut.delete(key);
      throw error;
    }
  }

  private forgetLeastUsed(): void {
    let characters = 0;
    for (const [key, entry] of [...this.cut].reverse()) {
      characters += entry.characters;
      const newest = characters === entry.characters;
      if (characters > MAX_CUT_CHARACTERS && !newest) this.cut.delete(key);
    }
  }

  /** Lets go of everything, of as much as the store can. Never rejects. */
  async releaseAll(): Promise<void> {
    await Promise.allSettled(this.asked.values());
    await Promise.allSettled([...this.held.keys()].map((sequence) => this.release(sequence)));
  }

  private take(sequence: SequenceNumber): Promise<Held | undefined> {
    const asked = this.asked.get(sequence) ?? this.askStore(sequence);
    this.asked.set(sequence, asked);
    return asked;
  }

  private async askStore(sequence: SequenceNumber): Promise<Held | undefined> {
    try {
      const snapshot = await this.store.snapshot(sequence);
      if (snapshot === undefined) return undefined;
      const held = { snapshot, cancelTimer: () => undefined };
      this.held.set(sequence, held);
      const [oldest] = this.held.keys();
      if (this.held.size > MAX_HELD && oldest !== undefined) await this.release(oldest);
      return held;
    } finally {
      this.asked.delete(sequence);
    }
  }

  /** Nobody waits for it. A store that has failed says so when it is used next. */
  private releaseIdle(sequence: SequenceNumber): void {
    this.release(sequence).catch(() => undefined);
  }

  private async release(sequence: SequenceNumber): Promise<void> {
    const held = this.held.get(sequence);
    this.held.delete(sequence);
    for (const key of this.cut.keys()) if (key.startsWith(`${sequence}/`)) this.cut.delete(key);
    held?.cancelTimer();
    await held?.snapshot.release();
  }
}
