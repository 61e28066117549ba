import { describe, expect, it } from 'vitest';
import { DriftingClock, VirtualTime } from './virtual-time.js';

describe('virtual time', () => {
  it('runs events in order, ties as they were scheduled, and knows what was cancelled', async () => {
    const time = new VirtualTime();
    const ran: string[] = [];
    const note = (name: string) => () => void ran.push(`${name} at ${time.now()}`);
    time.schedule(5, note('late'));
    time.schedule(1, note('first'));
    time.schedule(1, note('second'));
    time.schedule(2, note('never'))();
    expect(await time.runUntil(() => false, 10)).toBe(false);
    expect(ran).toEqual(['first at 1', 'second at 1', 'late at 5']);
    expect([time.now(), time.events]).toEqual([10, 3]);
  });

  it('stops where the condition holds, and goes on from there', async () => {
    const time = new VirtualTime();
    let count = 0;
    const tick = (): void => {
      count += 1;
      time.schedule(1, tick);
    };
    tick();
    expect(await time.runUntil(() => count === 4, 100)).toBe(true);
    expect(time.now()).toBe(3);
    expect(await time.runUntil(() => count === 9, 2)).toBe(false);
    expect([time.now(), count]).toEqual([5, 6]);
  });

  it('waits for all that an event resolves, however deep it goes', async () => {
    const time = new VirtualTime();
    const order: string[] = [];
    const deep = async (levels: number): Promise<void> => {
      if (levels > 0) await deep(levels - 1);
    };
    time.schedule(1, () => void deep(50).then(() => order.push('promises')));
    time.schedule(1, () => order.push('next event'));
    await time.runUntil(() => false, 2);
    expect(order).toEqual(['promises', 'next event']);
  });
});

describe('a drifting clock', () => {
  it('starts at nought and goes at its own rate', async () => {
    const time = new VirtualTime();
    await time.runUntil(() => false, 100);
    const clock = new DriftingClock(time, 2);
    const firedMs: number[] = [];
    clock.schedule(50, () => firedMs.push(time.now()));
    const cancel = clock.schedule(60, () => firedMs.push(-1));
    cancel();
    await time.runUntil(() => false, 100);
    expect(firedMs).toEqual([125]);
    expect(clock.now()).toBe(200);
  });
});
