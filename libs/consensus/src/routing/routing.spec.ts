import { describe, expect, it } from 'vitest';
import { weakQuorumSize } from '../model/quorum.js';
import { allToAll } from './all-to-all.js';
import { answersTo, repliesInFull } from './answerers.js';
import { collectorOf, nextCollectorAfter, toCollector } from './collector.js';

describe('collector', () => {
  it('is half-way round from the primary by default', () => {
    expect(collectorOf(0, 4, 0)).toBe(2);
    expect(collectorOf(1, 7, 0)).toBe(4);
    expect(collectorOf(3, 4, 0)).toBe(1);
  });

  it('is never the primary when n > 1, and shifting visits everyone else', () => {
    for (let n = 2; n <= 40; n += 1) {
      for (let primary = 0; primary < n; primary += 1) {
        const named = new Set<number>();
        for (let shift = 0; shift < n - 1; shift += 1) named.add(collectorOf(primary, n, shift));
        expect(named.has(primary)).toBe(false);
        expect(named.size).toBe(n - 1);
      }
    }
  });

  it('is the only replica itself when n = 1', () => {
    expect(collectorOf(0, 1, 5)).toBe(0);
    expect(nextCollectorAfter(0, 0, 1)).toBe(0);
  });

  it('that failed is followed by the next one round from the primary, which is passed over', () => {
    expect([1, 2, 3].map((failed) => nextCollectorAfter(0, failed, 4))).toEqual([2, 3, 1]);
    expect([3, 0, 1].map((failed) => nextCollectorAfter(2, failed, 4))).toEqual([0, 1, 3]);
    expect(nextCollectorAfter(1, 0, 2)).toBe(0);
    for (let n = 2; n <= 12; n += 1) {
      for (let primary = 0; primary < n; primary += 1) {
        const [first, ...later] = Array.from({ length: n - 1 }, (_, shift) =>
          collectorOf(primary, n, shift),
        );
        let collector = first ?? 0;
        for (const next of [...later, first]) {
          collector = nextCollectorAfter(primary, collector, n);
          expect(collector).toBe(next);
        }
      }
    }
  });

  it('gathers votes in CCRO, nobody does in PBFT', () => {
    expect(toCollector.gatherer(2)).toBe(2);
    expect(allToAll.gatherer(2)).toBeUndefined();
  });
});

describe('who answers a call for help', () => {
  const everyone = (n: number) => Array.from({ length: n }, (_, replica) => replica);

  it('f + 1 others each time, never the caller', () => {
    for (const n of [4, 5, 7, 16, 31]) {
      for (let attempt = 0; attempt < 10; attempt += 1) {
        const answering = everyone(n).filter((replica) => answersTo(replica, 1, attempt, n));
        expect(answering).not.toContain(1);
        expect(answering).toHaveLength(weakQuorumSize(n));
      }
    }
  });

  it('nobody when there is nobody else', () => {
    expect(answersTo(0, 0, 0, 1)).toBe(false);
  });

  it('everyone in turn over the attempts', () => {
    for (const n of [4, 7, 16]) {
      const asked = new Set<number>();
      for (let attempt = 0; attempt < 2 * n; attempt += 1) {
        for (const replica of everyone(n))
          if (answersTo(replica, 3, attempt, n)) asked.add(replica);
      }
      expect(asked.size).toBe(n - 1);
    }
  });
});

describe('who replies in full', () => {
  it('f + 1 replicas, others with each slot', () => {
    for (const n of [1, 4, 5, 7, 31]) {
      const turns = new Map<number, number>();
      for (let sequence = 1; sequence <= n; sequence += 1) {
        const full = Array.from({ length: n }, (_, replica) => replica).filter((replica) =>
          repliesInFull(replica, sequence, n),
        );
        expect(full).toHaveLength(weakQuorumSize(n));
        for (const replica of full) turns.set(replica, (turns.get(replica) ?? 0) + 1);
      }
      expect(new Set(turns.values())).toEqual(new Set([weakQuorumSize(n)]));
      expect(turns.size).toBe(n);
    }
  });
});
