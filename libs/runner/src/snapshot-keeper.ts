/**
 * Holds the state at a checkpoint for replicas that fetch it, while the store goes on.
 *
 * Invariant kept here (bounded memory): a state is held only while somebody fetches it, and never
 * more than a few at a time.
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

export class SnapshotKeeper {
  /** In the order in which they were taken. */
  private readonly held = new Map<SequenceNumber, Promise<HeldSnapshot | undefined>>();
  private readonly timers = new Map<SequenceNumber, () => void>();

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
    const snapshot = await this.hold(sequence);
    if (snapshot === undefined) return undefined;
    const text = chunk === '' ? manifestText(snapshot) : await snapshot.text(chunk);
    if (text === undefined) return undefined;
    const parts = partsOf(text);
    const found = parts[part];
    return found === undefined ? undefined : { text: found, parts: parts.length };
  }

  /** Lets go of everything. */
  async releaseAll(): Promise<void> {
    await Promise.all([...this.held.keys()].map((sequence) => this.release(sequence)));
  }

  private async hold(sequence: SequenceNumber): Promise<HeldSnapshot | undefined> {
    const taken = this.held.get(sequence) ?? this.store.snapshot(sequence);
    this.held.set(sequence, taken);
    this.timers.get(sequence)?.();
    this.timers.set(
      sequence,
      this.clock.schedule(IDLE_MS, () => void this.release(sequence)),
    );
    const snapshot = await taken;
    if (snapshot === undefined) await this.release(sequence);
    const [oldest] = this.held.keys();
    if (this.held.size > MAX_HELD && oldest !== undefined) await this.release(oldest);
    return snapshot;
  }

  private async release(sequence: SequenceNumber): Promise<void> {
    const taken = this.held.get(sequence);
    this.held.delete(sequence);
    this.timers.get(sequence)?.();
    this.timers.delete(sequence);
    const snapshot = await taken;
    await snapshot?.release();
  }
}
