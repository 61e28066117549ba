/**
 * Runs effects in order.
 *
 * Invariant kept here (durable before visible): an effect runs only after every `persist` emitted
 * before it is durable. Records of many steps that wait together are written in one append.
 */

import type { Effect, StoreRecord } from '@ccro/consensus';
import type { ReplicaStore } from '@ccro/storage';

export type VisibleEffect = Exclude<Effect, { readonly kind: 'persist' }>;

export class Outbox {
  private waiting: Effect[] = [];
  private running = false;
  private stopped = false;
  /** The append under way, if one is. Never rejects. */
  private writing: Promise<void> | undefined;

  constructor(
    private readonly store: ReplicaStore,
    private readonly perform: (effect: VisibleEffect) => void,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  add(effects: readonly Effect[]): void {
    for (const effect of effects) this.waiting.push(effect);
    if (!this.running) this.run();
  }

  /** Nothing runs any more, also not what waits for the store. Resolves when that has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.waiting = [];
    await this.writing;
  }

  private run(): void {
    this.running = true;
    try {
      while (this.waiting.length > 0 && !this.stopped) {
        const effects = this.waiting;
        this.waiting = [];
        const records = recordsIn(effects);
        const durable = records.length > 0 ? this.store.append(records) : undefined;
        if (durable !== undefined) {
          this.resumeAfter(durable, effects);
          return;
        }
        this.performAll(effects);
      }
    } catch (error) {
      this.fail(error);
    }
    this.running = false;
  }

  /** Goes on with `effects` once the store says that their records are durable. */
  private resumeAfter(durable: Promise<void>, effects: readonly Effect[]): void {
    this.writing = durable.then(
      () => {
        try {
          this.performAll(effects);
        } catch (error) {
          this.fail(error);
        }
        this.run();
      },
      (error: unknown) => this.fail(error),
    );
  }

  private performAll(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (this.stopped) return;
      if (effect.kind !== 'persist') this.perform(effect);
    }
  }

  private fail(error: unknown): void {
    if (this.stopped) return;
    void this.stop();
    this.onFailure(error);
  }
}

function recordsIn(effects: readonly Effect[]): StoreRecord[] {
  const records: StoreRecord[] = [];
  for (const effect of effects) if (effect.kind === 'persist') records.push(...effect.records);
  return records;
}
