/**
 * A disk in virtual time. What is appended becomes durable a while later, in order; a crash loses
 * what was not, except for units that had reached the disk before anyone was told.
 */

import type {
  ClientId,
  Restored,
  SequenceNumber,
  StoredDecision,
  StoreRecord,
  Timestamp,
} from '@ccro/consensus';
import {
  StoreError,
  StoreImage,
  type HeldSnapshot,
  type ReplicaStore,
  type StoredResult,
} from '@ccro/storage';
import type { Random } from './random.js';
import type { VirtualTime } from './virtual-time.js';

export interface DiskOptions {
  /** Virtual milliseconds that a write takes; both 0: it is durable at once. */
  readonly minMs: number;
  readonly maxMs: number;
  /** Decisions kept of those that the state includes; all, unless given. */
  readonly keptDecisions?: number;
}

export const INSTANT_DISK: DiskOptions = { minMs: 0, maxMs: 0 };

/** Sees what is written, when it is handed over and when it has become durable. */
export interface DiskObserver {
  onAppended?(record: StoreRecord): void;
  onDurable?(record: StoreRecord): void;
}

interface PendingWrite {
  readonly records: readonly StoreRecord[];
  readonly cancel: () => void;
}

export class SimulatedDisk implements ReplicaStore {
  /** Whether it has no room for anything more. */
  full = false;
  private image = new StoreImage();
  private readonly pending: PendingWrite[] = [];
  /** When the write that was handed over last is durable. */
  private busyUntilMs = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly random: Random,
    private readonly options: DiskOptions,
    private readonly observer: DiskObserver,
  ) {}

  append(records: readonly StoreRecord[]): Promise<void> | undefined {
    if (this.full) throw new StoreError('unavailable', 'the simulated disk is full');
    for (const record of records) this.observer.onAppended?.(record);
    const tookMs = this.random.between(this.options.minMs, this.options.maxMs);
    if (tookMs === 0 && this.pending.length === 0) {
      this.makeDurable(records);
      return undefined;
    }
    this.busyUntilMs = Math.max(this.busyUntilMs, this.time.now() + tookMs);
    return new Promise((resolve) => {
      const cancel = this.time.schedule(this.busyUntilMs - this.time.now(), () => {
        this.pending.shift();
        this.makeDurable(records);
        resolve();
      });
      this.pending.push({ records, cancel });
    });
  }

  /**
   * The machine loses power. Any number of the writes under way is durable all the same.
   *
   * @returns how many writes were lost
   */
  crash(): number {
    const survive = this.random.below(this.pending.length + 1);
    this.pending.forEach(({ records, cancel }, index) => {
      cancel();
      if (index < survive) this.makeDurable(records);
    });
    const lost = this.pending.length - survive;
    this.pending.length = 0;
    this.busyUntilMs = 0;
    return lost;
  }

  /** Another disk is put in: nothing is left. */
  wipe(): void {
    this.crash();
    this.image = new StoreImage();
  }

  /** What is durable, read back as from a file. */
  read(): Restored | undefined {
    const restored = this.image.restored();
    return restored && (JSON.parse(JSON.stringify(restored)) as Restored);
  }

  restore(): Promise<Restored | undefined> {
    return Promise.resolve(this.read());
  }

  decisions(
    first: SequenceNumber,
    last: SequenceNumber,
    maxCharacters?: number,
  ): Promise<readonly StoredDecision[]> {
    return Promise.resolve(this.image.decisions(first, last, maxCharacters));
  }

  result(
    sequence: SequenceNumber,
    client: ClientId,
    timestamp: Timestamp,
  ): Promise<StoredResult | undefined> {
    return this.image.result(sequence, client, timestamp);
  }

  snapshot(sequence: SequenceNumber): Promise<HeldSnapshot | undefined> {
    return Promise.resolve(this.image.snapshot(sequence));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  private makeDurable(records: readonly StoreRecord[]): void {
    for (const change of this.image.apply(records)) {
      if (change.kind !== 'archive') continue;
      this.image.forget(change.sequence - (this.options.keptDecisions ?? change.sequence));
    }
    for (const record of records) this.observer.onDurable?.(record);
  }
}
