import { describe, expect, it } from 'vitest';
import type { Stamp } from './accepted-calls.js';
import { TimestampBlocks } from './timestamp-blocks.js';

/** As Redis gives them out, with a record of what it was asked for. */
function counter() {
  const asked: { readonly count: number; readonly atLeast: number }[] = [];
  let issued = 0;
  let next = 0;
  return {
    asked,
    issue: (count: number, atLeast: number): Promise<Stamp> => {
      asked.push({ count, atLeast });
      next = Math.max(next, atLeast);
      const first = { timestamp: next, index: issued };
      next += count;
      issued += count;
      return Promise.resolve(first);
    },
  };
}

describe('TimestampBlocks', () => {
  it('gives out each timestamp once, ascending, and asks for many at a time', async () => {
    const { issue, asked } = counter();
    const blocks = new TimestampBlocks(issue);
    const taken = (await Promise.all([1, 5, 10, 2].map((count) => blocks.take(count)))).flat();
    const timestamps = taken.map(({ timestamp }) => timestamp);
    expect(timestamps).toEqual(timestamps.map((_, index) => (timestamps[0] ?? 0) + index));
    expect(taken.map(({ index }) => index)).toEqual(taken.map((_, index) => index));
    await blocks.take(20);
    expect(asked).toHaveLength(1);
  });

  it('E2: uses up no block that the replicas have gone beyond, and gives out what lies above', async () => {
    const { issue } = counter();
    let least = 0;
    const blocks = new TimestampBlocks(issue, () => least);
    const [first] = await blocks.take(1);
    least = (first?.timestamp ?? 0) + 86_400_000_000;
    const later = await blocks.take(3);
    expect(Math.min(...later.map(({ timestamp }) => timestamp))).toBeGreaterThanOrEqual(least);
    expect(later[0]?.index).toBeGreaterThan(first?.index ?? 0);
  });

  it('serves those who wait in turn, the large ones too', async () => {
    const { issue } = counter();
    const blocks = new TimestampBlocks(issue);
    const order: number[] = [];
    const take = (count: number): Promise<unknown> =>
      blocks.take(count).then(() => order.push(count));
    await Promise.all([take(1), take(1000), take(2)]);
    expect(order).toEqual([1, 1000, 2]);
  });

  it('begins at the clock in microseconds, and above all it ever saw', async () => {
    const { issue, asked } = counter();
    const blocks = new TimestampBlocks(issue);
    const before = Date.now() * 1000;
    await blocks.take(1);
    expect(asked[0]?.atLeast).toBeGreaterThanOrEqual(before);
    // A counter that runs ahead of this process's clock.
    const ahead = before + 1e12;
    blocks.add({ timestamp: ahead, index: 1000 }, 64);
    expect(blocks.atLeast).toBe(ahead + 64);
  });

  it('wants as many as are used between two writes, and none while it has enough', async () => {
    const { issue } = counter();
    const blocks = new TimestampBlocks(issue);
    expect(blocks.wanted).toBe(64);
    blocks.add(await issue(64, 0), 64);
    expect(blocks.wanted).toBe(0);
    await blocks.take(60);
    expect(blocks.wanted).toBe(120);
    await blocks.take(3000);
    expect(blocks.wanted).toBe(1024);
  });

  it('forgets what is too old', async () => {
    const { issue } = counter();
    const blocks = new TimestampBlocks(issue);
    const [first] = await blocks.take(1);
    blocks.drop();
    const [second] = await blocks.take(1);
    expect((second?.index ?? 0) - (first?.index ?? 0)).toBeGreaterThan(64);
  });

  it('passes a failure on to all who wait, and asks anew for the next', async () => {
    const { issue } = counter();
    let broken = true;
    const blocks = new TimestampBlocks((count, atLeast) =>
      broken ? Promise.reject(new Error('broken')) : issue(count, atLeast),
    );
    await expect(Promise.all([blocks.take(1), blocks.take(2)])).rejects.toThrow('broken');
    broken = false;
    expect(await blocks.take(2)).toHaveLength(2);
  });

  it.each([
    { timestamp: 2 ** 53 - 2_000, index: 0 },
    { timestamp: 2 ** 52 + 2 ** 25, index: 0 },
    { timestamp: Infinity, index: 0 },
    { timestamp: Number.NaN, index: 0 },
    { timestamp: 1, index: 2 ** 53 },
    { timestamp: 1, index: Number.NaN },
  ])('I27: uses nothing that no clock can have suggested, such as %j', async (stamp) => {
    const { issue } = counter();
    let given: Stamp | undefined = stamp;
    const blocks = new TimestampBlocks((count, atLeast) =>
      given === undefined ? issue(count, atLeast) : Promise.resolve(given),
    );
    await expect(blocks.take(1)).rejects.toMatchObject({ code: 'refused' });
    expect(blocks.add(stamp, 64)).toBe(false);
    expect(blocks.atLeast).toBeLessThan(2 ** 52);
    given = undefined;
    expect(await blocks.take(1)).toHaveLength(1);
  });

  it('I27: goes on where the replicas executed what a clock far ahead had suggested', async () => {
    const { issue } = counter();
    const least = 2 ** 52 + 2 ** 30;
    const blocks = new TimestampBlocks(issue, () => least);
    const [first] = await blocks.take(1);
    expect(first?.timestamp).toBe(least);
    expect(blocks.add({ timestamp: least + 5_000, index: 5_000 }, 64)).toBe(true);
  });
});
