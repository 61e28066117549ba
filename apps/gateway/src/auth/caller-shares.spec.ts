import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallerShares, type ShareLimits } from './caller-shares.js';

/** Shares at a time that a test moves on. */
function shares(total: number, limits: Partial<ShareLimits> = {}) {
  const clock = { ms: 0 };
  const made = new CallerShares({ total: () => total, ...limits }, () => clock.ms);
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
    expect(shares(64, { perCaller: 16 }).takeAll('a')).toHaveLength(16);
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

  it.each([
    { now: 128, held: 2_048 },
    { now: 512, held: 2_048 },
    { now: 1_024, held: 2_048 },
    { now: 2_048, held: 2_048 },
  ])(
    'I9, sibling: whoever is below its share is served, however large the calls of others are: $now may be pending',
    ({ now, held }) => {
      const { clock, made } = shares(now, { ceiling: 2_048, most: 3_072 });
      const ends: { readonly atMs: number; readonly end: () => void }[] = [];
      let most = 0;
      const call = (caller: string, count: number): boolean => {
        const giveBack = made.take(caller, count);
        most = Math.max(most, made.taken);
        if (giveBack !== undefined) ends.push({ atMs: clock.ms + 300, end: () => giveBack(count) });
        return giveBack !== undefined;
      };
      const served = { large: 0, small: 0 };
      for (; clock.ms < 20_000; clock.ms += 5) {
        while ((ends[0]?.atMs ?? Infinity) <= clock.ms) ends.shift()?.end();
        for (let connection = 0; connection < 2; connection += 1) {
          if (call('greedy', 1_024)) served.large += 1;
        }
        if (clock.ms % 50 === 0 && call('late', 1)) served.small += 1;
      }
      expect(served.small).toBe(400);
      expect(served.large).toBeGreaterThan(0);
      expect(most).toBeLessThanOrEqual(held + now);
    },
  );

  it('I9, sibling: a call that is larger than the share of its caller is refused while others want some', () => {
    const { made } = shares(128, { ceiling: 2_048, most: 3_072 });
    const late = made.take('late');
    expect(made.take('greedy', 1_024)).toBeUndefined();
    expect(made.take('greedy', 65)).toBeDefined();
    expect(made.take('greedy', 64)).toBeUndefined();
    late?.();
    expect(made.take('another', 65)).toBeUndefined();
    expect(made.take('another', 64)).toBeDefined();
    const alone = shares(128, { ceiling: 2_048, most: 3_072 });
    expect(alone.made.take('greedy', 1_024)).toBeDefined();
    expect(alone.made.take('greedy', 1)).toBeUndefined();
  });

  it('I9, sibling: nobody gets more than the most there may be, nor for what others left behind', () => {
    let left = 0;
    const { made } = shares(8, { ceiling: 16, most: 24, taken: () => left });
    expect(made.take('greedy', 16)).toBeDefined();
    expect(made.take('late', 4)).toBeDefined();
    expect(made.take('later', 2)).toBeDefined();
    expect(made.take('last', 2)).toBeDefined();
    expect(made.take('too many')).toBeUndefined();
    left = 8;
    const alone = shares(8, { ceiling: 16, taken: () => left }).made;
    expect(alone.take('alone')).toBeUndefined();
    left = 7;
    expect(alone.take('alone')).toBeDefined();
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
