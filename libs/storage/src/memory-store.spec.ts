import type { StoreRecord } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { MemoryStore } from './memory-store.js';
import { certified, checkpoint, executed, executedWith, INTERVAL } from './records.testkit.js';
import { describeReplicaStoreContract } from './replica-store.contract.js';

describeReplicaStoreContract('memory store', () => Promise.resolve(new MemoryStore()));

/** Slots first..last with their checkpoints, all stable. */
function history(first: number, last: number, content?: string): StoreRecord[] {
  const records: StoreRecord[] = [];
  for (let sequence = first; sequence <= last; sequence += 1) {
    records.push(executed(sequence, content));
    if (sequence % INTERVAL !== 0) continue;
    records.push(checkpoint(sequence), certified('checkpoint', sequence));
  }
  return records;
}

async function oldestOf(store: MemoryStore, last: number): Promise<number | undefined> {
  for (let sequence = 1; sequence <= last; sequence += 1) {
    const [found] = await store.decisions(sequence, sequence);
    if (found !== undefined) return sequence;
  }
  return undefined;
}

describe('memory store', () => {
  it('is as durable as it will be at once', () => {
    expect(new MemoryStore().append([executed(1)])).toBeUndefined();
  });

  it('keeps the newest slots below the state, and all above it', async () => {
    const store = new MemoryStore({ slots: 8, bytes: 1e9 });
    store.append(history(1, 40));
    store.append([executed(41), executed(42), executed(43)]);
    expect(await oldestOf(store, 43)).toBe(33);
    expect(await store.decisions(33, 99)).toHaveLength(11);
  });

  it('A5, sibling: keeps only as many results of slots above the state as fit, the newest', async () => {
    const store = new MemoryStore({ slots: 1000, bytes: 100_000 });
    const long = ['x'.repeat(30_000), 'y'.repeat(10_000)];
    for (let slot = 1; slot <= 10; slot += 1) store.append([executedWith(slot, long)]);
    expect(await store.decisions(1, 10)).toHaveLength(10);
    const found = async (slot: number): Promise<boolean> =>
      (await store.result(slot, 'gateway', 2)) !== undefined;
    expect(await Promise.all([1, 8, 9, 10].map(found))).toEqual([false, false, true, true]);
    store.append([executedWith(11, ['z'.repeat(200_000)])]);
    expect((await store.result(11, 'gateway', 1))?.result.result).toHaveLength(200_000);
    expect(await found(10)).toBe(false);
  });

  it('keeps only as many long decisions as fit', async () => {
    const store = new MemoryStore({ slots: 1000, bytes: 100_000 });
    store.append(history(1, 40, 'x'.repeat(10_000)));
    // An operation of 10 000 characters and its result, and what is around them.
    expect(await oldestOf(store, 40)).toBe(37);
    store.append(history(41, 60));
    expect(await oldestOf(store, 60)).toBe(39);
  });
});
