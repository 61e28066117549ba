import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findHolding } from './bisection.js';

describe('findHolding', () => {
  it('finds exactly the bad ones, whichever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (good) => {
        expect(findHolding(good, (part) => part.every(Boolean))).toEqual(good);
      }),
      { numRuns: 500 },
    );
  });

  it('takes one check when all are good and few when one is bad', () => {
    for (const k of [1, 2, 3, 16, 61, 91]) {
      for (const bad of [undefined, 0, k >> 1, k - 1]) {
        let checks = 0;
        findHolding([...Array(k).keys()], (part) => {
          checks += 1;
          return bad === undefined || !part.includes(bad);
        });
        const most = bad === undefined ? 1 : 1 + 2 * Math.ceil(Math.log2(k));
        expect(checks).toBeLessThanOrEqual(most);
      }
    }
  });

  it('asks nothing about nothing', () => {
    expect(findHolding([], () => expect.unreachable())).toEqual([]);
  });
});
