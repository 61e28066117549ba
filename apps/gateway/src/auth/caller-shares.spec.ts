import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallerShares } from './caller-shares.js';

/** Shares at a time that a test moves on. */
function shares(total: number, perCaller?: number) {
  const clock = { ms: 0 };
  const limits = { total: () => total, ...(perCaller === undefined ? {} : { perCaller }) };
  const made = new CallerShares(limits, () => clock.ms);
  const takeAll = (caller: string): (() => void)[] => {
    const taken: (() => void)[] = [];
    for (let one = made.take(caller); one !== undefined; one = made.take(caller)) taken.push(one);
    return taken;
  };
  return { clock, made, takeAll };
}

describe('shares of callers', () => {
  it('I9: a caller that is alone may have all, or as many as one caller may', () => {
    expect(shares(64).takeAll('a')).toHaveLength(64);
    expect(shares(64, 16).takeAll('a')).toHaveLength(16);
  });

  it('I9, sibling: whoever comes later gets its part, as soon as something is given back', () => {
    const { made, takeAll } = shares(10);
    const greedy = takeAll('greedy');
    expect(greedy).toHaveLength(10);
    expect(made.take('late')).toBeUndefined();
    let late = 0;
    for (const giveBack of greedy) {
      giveBack();
      // The greedy one asks first, each time.
      if (made.take('greedy') !== undefined) break;
      if (made.take('late') !== undefined) late += 1;
      if (late === 5) break;
    }
    expect(late).toBe(5);
    expect(made.take('late')).toBeUndefined();
  });

  it('I9, sibling: forgets in time who was refused', () => {
    const { clock, made, takeAll } = shares(4);
    const greedy = takeAll('greedy');
    expect(made.admits('late')).toBe(false);
    greedy.forEach((giveBack) => giveBack());
    expect(takeAll('greedy')).toHaveLength(2);
    clock.ms = 2_000;
    expect(takeAll('greedy')).toHaveLength(2);
  });

  it('never hands out more than there are, nor loses any, whatever callers do', () => {
    const act = fc.record({ caller: fc.constantFrom('a', 'b', 'c'), gives: fc.boolean() });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 200 }), fc.integer({ min: 1, max: 9 }), (acts, n) => {
        const { made } = shares(n);
        const held: Record<string, (() => void)[]> = { a: [], b: [], c: [] };
        for (const { caller, gives } of acts) {
          if (gives) held[caller]?.pop()?.();
          else {
            const one = made.take(caller);
            if (one !== undefined) held[caller]?.push(one);
          }
          const all = Object.values(held).flat().length;
          expect(made.taken).toBe(all);
          expect(all).toBeLessThanOrEqual(n);
        }
        Object.values(held)
          .flat()
          .forEach((giveBack) => giveBack());
        expect(made.taken).toBe(0);
      }),
    );
  });
});
