import { describe, expect, it } from 'vitest';
import { GroupWriter, type OnFailure } from './group-writer.js';

/** A writer whose writes end when the test says so; each result is the item itself. */
function writer({ maxSize = 100, onFailure = 'fail' as OnFailure } = {}) {
  const groups: (readonly number[])[] = [];
  const ends: { readonly succeed: () => void; readonly fail: () => void }[] = [];
  const state = { canWrite: true };
  const made = new GroupWriter<number, number>({
    write: (group) =>
      new Promise((resolve, reject) => {
        groups.push(group);
        ends.push({ succeed: () => resolve(group), fail: () => reject(new Error('failed')) });
      }),
    sizeOf: (item) => item,
    maxSize,
    canWrite: () => state.canWrite,
    onFailure: () => onFailure,
  });
  return { made, groups, ends, state };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function turns(): Promise<void> {
  for (let count = 0; count < 5; count += 1) await turn();
}

describe('GroupWriter', () => {
  it('writes together what comes in one turn, and the next while that is written', async () => {
    const { made, groups, ends } = writer();
    const first = [1, 2].map((item) => made.add(item).result);
    await turns();
    const next = [3, 4, 5].map((item) => made.add(item).result);
    await turns();
    expect(groups).toEqual([[1, 2]]);
    ends[0]?.succeed();
    expect(await Promise.all(first)).toEqual([1, 2]);
    await turns();
    expect(groups).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
    ends[1]?.succeed();
    expect(await Promise.all(next)).toEqual([3, 4, 5]);
  });

  it('splits what is too much for one write, but no item', async () => {
    const { made, groups, ends } = writer({ maxSize: 10 });
    const results = [6, 4, 1, 99].map((item) => made.add(item).result);
    for (let count = 0; count < 3; count += 1) {
      await turns();
      ends[count]?.succeed();
    }
    expect(await Promise.all(results)).toEqual([6, 4, 1, 99]);
    expect(groups).toEqual([[6, 4], [1], [99]]);
  });

  it('lets an item be withdrawn until it is written', async () => {
    const { made, groups, ends, state } = writer();
    state.canWrite = false;
    const [early, late] = [made.add(1), made.add(2)];
    await turns();
    expect(early.withdraw()).toBe(true);
    state.canWrite = true;
    made.resume();
    await turns();
    expect(groups).toEqual([[2]]);
    expect(late.withdraw()).toBe(false);
    ends[0]?.succeed();
    expect(await late.result).toBe(2);
  });

  it('fails the items of a write that was refused, and goes on with the others', async () => {
    const { made, ends } = writer({ onFailure: 'fail' });
    const refused = made.add(1).result;
    await turns();
    ends[0]?.fail();
    await expect(refused).rejects.toThrow('failed');
    const next = made.add(2).result;
    await turns();
    ends[1]?.succeed();
    expect(await next).toBe(2);
  });

  it('repeats a write without a known outcome as it was, before all others', async () => {
    const { made, groups, ends } = writer({ onFailure: 'unknown' });
    const first = [1, 2].map((item) => made.add(item));
    await turns();
    const later = made.add(3).result;
    ends[0]?.fail();
    await turns();
    expect(first.map((ticket) => ticket.withdraw())).toEqual([false, false]);
    expect(groups).toHaveLength(1);
    made.resume();
    await turns();
    expect(groups).toEqual([
      [1, 2],
      [1, 2],
    ]);
    ends[1]?.succeed();
    expect(await Promise.all(first.map(({ result }) => result))).toEqual([1, 2]);
    await turns();
    ends[2]?.succeed();
    expect(await later).toBe(3);
  });

  it('treats what was not written as if it had not been tried', async () => {
    const { made, groups, ends } = writer({ onFailure: 'not-written' });
    const [first, second] = [made.add(1), made.add(2)];
    await turns();
    ends[0]?.fail();
    await turns();
    const third = made.add(3);
    expect(second.withdraw()).toBe(true);
    made.resume();
    await turns();
    expect(groups).toEqual([
      [1, 2],
      [1, 3],
    ]);
    ends[1]?.succeed();
    expect(await Promise.all([first.result, third.result])).toEqual([1, 3]);
  });

  it('is idle when nothing is left that has a chance', async () => {
    const { made, ends, state } = writer();
    await made.idle();
    void made.add(1);
    let idle = false;
    const waiting = made.idle().then(() => (idle = true));
    await turns();
    expect(idle).toBe(false);
    state.canWrite = false;
    void made.add(2);
    ends[0]?.succeed();
    await waiting;
  });

  it('fails what is left when it is closed', async () => {
    const { made, state } = writer();
    state.canWrite = false;
    const left = made.add(1).result;
    made.close(new Error('closed'));
    await expect(left).rejects.toThrow('closed');
    await expect(made.add(2).result).rejects.toThrow('closed');
  });
});
