import { collectorOf, maxFaulty } from '@ccro/consensus';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseFaulty } from './choose-faulty.js';
import { FAULT_KINDS, type FaultKind } from './faults.js';

const ORDINARY = [
  'offline',
  'falsify',
  'false-replies',
  'double-vote',
  'false-view-change',
  'false-state',
  'delay',
] as const satisfies FaultKind[];

const cluster = fc
  .integer({ min: 1, max: 40 })
  .chain((n) => fc.record({ n: fc.constant(n), count: fc.integer({ min: 0, max: n }) }));

describe('chooseFaulty', () => {
  it('chooses so many replicas, ascending, the same ones from the same seed', () => {
    const kind = fc.constantFrom(...FAULT_KINDS);
    fc.assert(
      fc.property(cluster, kind, fc.oneof(fc.integer(), fc.string()), (size, fault, seed) => {
        const options = { ...size, kind: fault, seed };
        const faulty = chooseFaulty(options);
        expect(faulty).toEqual([...new Set(faulty)].sort((a, b) => a - b));
        expect(faulty).toHaveLength(size.count);
        for (const replica of faulty) expect(replica).toBeLessThan(size.n);
        expect(chooseFaulty(options)).toEqual(faulty);
      }),
    );
  });

  it.each(ORDINARY)('leaves primary and collector alone for %s', (kind) => {
    for (let n = 4; n <= 31; n += 1) {
      for (let seed = 0; seed < 5; seed += 1) {
        const faulty = chooseFaulty({ n, count: maxFaulty(n), kind, seed });
        expect(faulty).not.toContain(0);
        expect(faulty).not.toContain(collectorOf(0, n, 0));
      }
    }
  });

  it.each(ORDINARY)('takes the collector, then the primary, when it must, for %s', (kind) => {
    expect(chooseFaulty({ n: 4, count: 2, kind, seed: 1 })).toEqual([1, 3]);
    expect(chooseFaulty({ n: 4, count: 3, kind, seed: 1 })).toEqual([1, 2, 3]);
    expect(chooseFaulty({ n: 4, count: 4, kind, seed: 1 })).toEqual([0, 1, 2, 3]);
  });

  it.each([
    ['equivocate', 0],
    ['fabricate', 0],
    ['split-collectors', 0],
    ['silent-collector', 2],
    ['forge-certificate', 2],
  ] as const)('gives %s to replica %i first, which has the role', (kind, replica) => {
    expect(chooseFaulty({ n: 4, count: 1, kind, seed: 9 })).toEqual([replica]);
    expect(chooseFaulty({ n: 7, count: 2, kind, seed: 9 })).toContain(replica === 0 ? 0 : 3);
  });

  it('chooses others from other seeds', () => {
    const chosen = Array.from({ length: 20 }, (_, seed) =>
      chooseFaulty({ n: 10, count: 1, kind: 'offline', seed }).join(),
    );
    expect(new Set(chosen).size).toBeGreaterThan(4);
  });

  it.each([-1, 5, 1.5])('refuses %d of 4', (count) => {
    expect(() => chooseFaulty({ n: 4, count, kind: 'offline', seed: 1 })).toThrow(RangeError);
  });
});
