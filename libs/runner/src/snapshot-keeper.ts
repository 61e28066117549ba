/**
 * Holds the state at a checkpoint for replicas that fetch it, while the store goes on.
 *
 * Invariant kept here (bounded memory): a state is held only while somebody fetches it, and never
 * more than a few at a time. Being asked for states that are not here changes nothing.
 */

import type { Clock } from '@ccro/clock';
import { manifestText, partsOf, type SequenceNumber } from '@ccro/consensus';
import type { HeldSnapshot, ReplicaStore } from '@ccro/storage';

/** How long a state is held after it was last asked for. */
const IDLE_MS = 10_000;
/** States held at a time: whoever fetches an older one starts again with a newer. */
const MAX_HELD = 2;

/** A part of a chunk, and how many there are. */
export interface FoundPart {
  readonly text: string;
  readonly parts: number;
}

interface Held {
  readonly snapshot: HeldSnapshot;
  cancelTimer: () => void;
}

export class SnapshotKeeper {
  /** In the order in which they were taken. */
  private readonly held = new Map<SequenceNumber, Held>();
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
    held.cancelTimer();
    held.cancelTimer = this.clock.schedule(IDLE_MS, () => void this.release(sequence));
    const { snapshot } = held;
    const text = chunk === '' ? manifestText(snapshot) : await snapshot.text(chunk);
    if (text === undefined) return undefined;
    const parts = partsOf(text);
    const found = parts[part];
    return found === undefined ? undefined : { text: found, parts: parts.length };
  }

  /** Lets go of everything. */
  async releaseAll(): Promise<void> {
    await Promise.all(this.asked.values());
    await Promise.all([...this.held.keys()].map((sequence) => this.release(sequence)));
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

  private async release(sequence: SequenceNumber): Promise<void> {
    const held = this.held.get(sequence);
    this.held.delete(sequence);
    held?.cancelTimer();
    await held?.snapshot.release();
  }
}
