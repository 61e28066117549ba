import type { StoreRecord } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { Random } from './random.js';
import { INSTANT_DISK, SimulatedDisk, type DiskOptions } from './simulated-disk.js';
import { VirtualTime } from './virtual-time.js';

const DIGEST = 'd'.repeat(64);

function voted(sequence: number): StoreRecord {
  return { kind: 'voted', phase: 'prepare', view: 0, sequence, digest: DIGEST };
}

function executed(sequence: number): StoreRecord {
  const decision = { kind: 'decision', sequence, view: 0, digest: DIGEST, requests: [] } as const;
  const proof = { scheme: 'words', signers: [], signatures: [] };
  const place = { view: 0, sequence, digest: DIGEST };
  const certificate = { kind: 'certificate', phase: 'commit', ...place, proof } as const;
  return {
    kind: 'executed',
    decision: { ...decision, certificate },
    results: [],
    ledgerHead: DIGEST,
  };
}

function diskWith(options: DiskOptions, seed = 1) {
  const time = new VirtualTime();
  const durable: StoreRecord[] = [];
  const observer = { onDurable: (record: StoreRecord) => void durable.push(record) };
  const disk = new SimulatedDisk(time, new Random(seed), options, observer);
  const votes = (): number[] => (disk.read()?.votes ?? []).map(({ sequence }) => sequence);
  return { time, disk, durable, votes };
}

const SLOW = { minMs: 1, maxMs: 20 };

describe('a simulated disk', () => {
  it('that is instant has everything at once', () => {
    const { disk, votes } = diskWith(INSTANT_DISK);
    expect(disk.read()).toBeUndefined();
    expect(disk.append([voted(1)])).toBeUndefined();
    expect(votes()).toEqual([1]);
    expect(disk.crash()).toBe(0);
    expect(votes()).toEqual([1]);
  });

  it('that is slow makes writes durable later, in order, and says so then', async () => {
    const { time, disk, durable, votes } = diskWith(SLOW);
    const resolved: number[] = [];
    for (const sequence of [1, 2, 3, 4]) {
      void disk.append([voted(sequence)])?.then(() => resolved.push(sequence));
    }
    expect(votes()).toEqual([]);
    await time.runUntil(() => resolved.length > 0, 100);
    expect(resolved).toEqual([1]);
    expect(votes()).toEqual([1]);
    await time.runUntil(() => resolved.length === 4, 100);
    expect(resolved).toEqual([1, 2, 3, 4]);
    expect(durable).toEqual([1, 2, 3, 4].map(voted));
    expect(time.now()).toBeLessThanOrEqual(20);
  });

  it('loses at a crash what was not durable, from some write on, whole units only', () => {
    const survivors = new Set<number>();
    for (let seed = 1; seed <= 40; seed += 1) {
      const { disk, votes } = diskWith(SLOW, seed);
      for (const sequence of [1, 2, 3])
        void disk.append([voted(2 * sequence), voted(2 * sequence + 1)]);
      const lost = disk.crash();
      const left = votes();
      expect(left).toEqual([2, 3, 4, 5, 6, 7].slice(0, 2 * (3 - lost)));
      survivors.add(left.length);
    }
    expect(survivors).toEqual(new Set([0, 2, 4, 6]));
  });

  it('tells nobody of what it lost, and begins anew', async () => {
    const { time, disk, votes } = diskWith(SLOW);
    let told = 0;
    void disk.append([voted(1)])?.then(() => (told += 1));
    disk.crash();
    await time.runUntil(() => false, 100);
    expect(told).toBe(0);
    disk.wipe();
    void disk.append([voted(9)]);
    await time.runUntil(() => false, 100);
    expect(votes()).toEqual([9]);
  });

  it('keeps as many old decisions as it is told', async () => {
    const { disk } = diskWith({ ...INSTANT_DISK, keptDecisions: 2 });
    for (let sequence = 1; sequence <= 6; sequence += 1) void disk.append([executed(sequence)]);
    expect(await disk.decisions(1, 6)).toHaveLength(6);
    const state = { kind: 'checkpoint', sequence: 6, ledgerHead: DIGEST, changes: [] } as const;
    const proof = { scheme: 'words', signers: [], signatures: [] };
    const place = { view: 0, sequence: 6, digest: DIGEST };
    const certificate = { kind: 'certificate', phase: 'checkpoint', ...place, proof } as const;
    void disk.append([state, { kind: 'certified', certificate }]);
    expect(await disk.decisions(1, 6)).toEqual([]);
    expect(await disk.decisions(5, 6)).toHaveLength(2);
  });
});
