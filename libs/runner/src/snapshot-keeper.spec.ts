import type { Clock } from '@ccro/clock';
import type { HeldSnapshot, ReplicaStore } from '@ccro/storage';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SnapshotKeeper } from './snapshot-keeper.js';

const HEAD = '0'.repeat(64);

/** A clock whose timers fire when they are told to. */
class HandClock implements Clock {
  private readonly timers = new Set<() => void>();

  now(): number {
    return 0;
  }

  schedule(_afterMs: number, callback: () => void): () => void {
    this.timers.add(callback);
    return () => this.timers.delete(callback);
  }

  fireAll(): void {
    const timers = [...this.timers];
    this.timers.clear();
    for (const fire of timers) fire();
  }
}

/** What a store gives for a few checkpoints, and which of these are held now. */
function storeWith(checkpoints: readonly number[]) {
  const held = new Set<number>();
  const snapshot = (sequence: number): Promise<HeldSnapshot | undefined> => {
    if (!checkpoints.includes(sequence)) return Promise.resolve(undefined);
    expect(held.has(sequence)).toBe(false);
    held.add(sequence);
    return Promise.resolve({
      sequence,
      ledgerHead: HEAD,
      chunks: [{ name: 'a', digest: HEAD }],
      text: () => Promise.resolve(held.has(sequence) ? `text at ${sequence}` : undefined),
      release: () => {
        held.delete(sequence);
        return Promise.resolve();
      },
    });
  };
  const clock = new HandClock();
  const store = { snapshot } as unknown as ReplicaStore;
  return { keeper: new SnapshotKeeper(store, clock), clock, held };
}

describe('states that are held for others', () => {
  it('stay readable however many others are asked for that are not here', async () => {
    const { keeper, held } = storeWith([4]);
    const [part, ...others] = await Promise.all([
      keeper.part(4, 'a', 0),
      ...[1, 2, 3, 5, 6].map((sequence) => keeper.part(sequence, '', 0)),
    ]);
    expect(part).toEqual({ text: 'text at 4', parts: 1 });
    expect(others).toEqual(others.map(() => undefined));
    expect([...held]).toEqual([4]);
  });

  it('are taken once for many that ask at a time', async () => {
    const { keeper } = storeWith([4]);
    const parts = await Promise.all([1, 2, 3].map(() => keeper.part(4, 'a', 0)));
    expect(parts).toEqual(parts.map(() => ({ text: 'text at 4', parts: 1 })));
  });

  it('are two at most, the newest ones asked for', async () => {
    const { keeper, held } = storeWith([4, 8, 12]);
    for (const sequence of [4, 8, 12]) await keeper.part(sequence, '', 0);
    expect([...held]).toEqual([8, 12]);
  });

  it('A5: are let go of when they were not asked for the longest, not when they came first', async () => {
    const { keeper, held } = storeWith([4, 8, 12]);
    for (const sequence of [4, 8, 4, 12]) await keeper.part(sequence, '', 0);
    expect([...held]).toEqual([4, 12]);
  });

  it('A5: are read and cut once for all parts of a chunk, as long as there is room', async () => {
    const reads: string[] = [];
    const long = 'x'.repeat(9 * 1024 * 1024);
    const snapshot = {
      sequence: 4,
      ledgerHead: HEAD,
      chunks: [],
      text: (name: string) => {
        reads.push(name);
        return Promise.resolve(long);
      },
      release: () => Promise.resolve(),
    };
    const store = { snapshot: () => Promise.resolve(snapshot) } as unknown as ReplicaStore;
    const keeper = new SnapshotKeeper(store, new HandClock());
    const parts = await Promise.all([0, 1, 2, 71].map((part) => keeper.part(4, 'a', part)));
    expect(parts.map((part) => part?.text.length)).toEqual(parts.map(() => 128 * 1024));
    expect(reads).toEqual(['a']);
    await keeper.part(4, 'b', 0);
    await keeper.part(4, 'b', 1);
    // Two of them are more than is kept.
    await keeper.part(4, 'a', 1);
    expect(reads).toEqual(['a', 'b', 'a']);
  });

  it('are let go of when nobody asks any more, and at the end', async () => {
    const { keeper, clock, held } = storeWith([4, 8]);
    await keeper.part(4, '', 0);
    clock.fireAll();
    await keeper.part(8, '', 0);
    expect([...held]).toEqual([8]);
    await keeper.releaseAll();
    expect([...held]).toEqual([]);
  });

  it('F1, sibling: that a store cannot let go of end no process', async () => {
    const reasons: unknown[] = [];
    const note = (reason: unknown): void => void reasons.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const snapshot = {
      ...{ sequence: 4, ledgerHead: HEAD, chunks: [] },
      text: () => Promise.resolve('text'),
      release: () => Promise.reject(new Error('the disk is gone')),
    };
    const store = { snapshot: () => Promise.resolve(snapshot) } as unknown as ReplicaStore;
    const clock = new HandClock();
    const keeper = new SnapshotKeeper(store, clock);
    await keeper.part(4, '', 0);
    clock.fireAll();
    await new Promise(setImmediate);
    expect(reasons).toEqual([]);
    await keeper.part(4, '', 0);
    await keeper.releaseAll();
  });
});
