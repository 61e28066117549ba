import { describe, expect, it } from 'vitest';
import { everyFor, SAMPLED_PER_SECOND, SlotSampling } from './slot-sampling.js';

/** Executes `count` slots at an even rate. @returns those that were told about */
function run(
  sampling: SlotSampling,
  {
    first,
    count,
    perSecond,
    startMs = 0,
  }: Record<'first' | 'count' | 'perSecond', number> & {
    startMs?: number;
  },
): number[] {
  const told: number[] = [];
  for (let index = 0; index < count; index += 1) {
    sampling.executed(first + index, startMs + (index * 1_000) / perSecond);
    if (sampling.includes(first + index)) told.push(first + index);
  }
  return told;
}

describe('which slots are told about', () => {
  it('are all of them while there are few', () => {
    expect(run(new SlotSampling(), { first: 1, count: 40, perSecond: 5 })).toHaveLength(40);
  });

  it.each([100, 3_000, 20_000])('are a few a second at %i a second', (perSecond) => {
    const seconds = 3;
    const count = seconds * perSecond;
    const told = run(new SlotSampling(), { first: 1, count, perSecond });
    // Until the rate is known, each doubling costs half as many again.
    const doublings = Math.log2(perSecond / SAMPLED_PER_SECOND);
    const atMost = SAMPLED_PER_SECOND * (seconds + 1 + doublings / 2);
    expect(told.length).toBeLessThan(atMost);
    expect(told.filter((sequence) => sequence > count / 2).length).toBeGreaterThan(3);
  });

  it('are all of them again when the load has gone', () => {
    const sampling = new SlotSampling();
    run(sampling, { first: 1, count: 5_000, perSecond: 5_000 });
    expect(sampling.every).toBeGreaterThan(256);
    sampling.advance(3_000);
    sampling.advance(4_500);
    expect(sampling.every).toBe(1);
  });

  it('are shared by nodes that see different rates: who tells less tells nothing of its own', () => {
    const slots = Array.from({ length: 4_096 }, (_, sequence) => sequence);
    for (const [slow, quick] of [
      [50, 90],
      [700, 5_000],
    ] as const) {
      const many = new Set(slots.filter((sequence) => sequence % everyFor(slow) === 0));
      const few = slots.filter((sequence) => sequence % everyFor(quick) === 0);
      expect(few.filter((sequence) => !many.has(sequence))).toEqual([]);
    }
  });

  it('are chosen by the least power of two that leaves few enough', () => {
    expect([0, 8, 9, 16, 17, 1_000].map(everyFor)).toEqual([1, 1, 2, 2, 4, 128]);
  });
});
