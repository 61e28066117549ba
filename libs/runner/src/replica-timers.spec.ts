import type { TimerKey } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { ReplicaTimers } from './replica-timers.js';

const REQUEST: TimerKey = { kind: 'request', view: 0 };
const STATUS: TimerKey = { kind: 'status' };

/** A clock of a process that may stand still: timers fire when it runs again. */
class StallingClock {
  private nowMs = 0;
  private readonly due = new Map<() => void, number>();

  now(): number {
    return this.nowMs;
  }

  schedule(afterMs: number, callback: () => void): () => void {
    this.due.set(callback, this.nowMs + afterMs);
    return () => this.due.delete(callback);
  }

  /** Lets time pass, all of it at once if the process stands still. */
  pass(ms: number, stall = false): void {
    const endMs = this.nowMs + ms;
    if (stall) this.nowMs = endMs;
    for (;;) {
      const next = [...this.due].filter(([, at]) => at <= endMs).sort(([, a], [, b]) => a - b)[0];
      if (next === undefined) break;
      const [callback, at] = next;
      this.nowMs = Math.max(this.nowMs, at);
      this.due.delete(callback);
      callback();
    }
    this.nowMs = endMs;
  }
}

function start(): {
  clock: StallingClock;
  timers: ReplicaTimers;
  fired: string[];
  inbox: { hasUnread: boolean };
} {
  const fired: string[] = [];
  const clock = new StallingClock();
  const inbox = { hasUnread: false };
  const timers = new ReplicaTimers(
    clock,
    ({ kind }) => fired.push(`${kind} at ${clock.now()}`),
    () => inbox.hasUnread,
  );
  return { clock, timers, fired, inbox };
}

describe('timers of a replica', () => {
  it('fire once, in time; setting one again replaces it', () => {
    const { clock, timers, fired } = start();
    timers.set(REQUEST, 100);
    timers.set(STATUS, 70);
    clock.pass(50);
    timers.set(REQUEST, 100);
    clock.pass(500);
    expect(fired).toEqual(['status at 70', 'request at 150']);
  });

  it('do not fire once they are cancelled', () => {
    const { clock, timers, fired } = start();
    timers.set(REQUEST, 100);
    timers.set(STATUS, 100);
    timers.cancel(STATUS);
    timers.cancelAll();
    clock.pass(1000);
    expect(fired).toEqual([]);
  });

  it('give others the time back in which this process stood still', () => {
    const { clock, timers, fired } = start();
    timers.set(REQUEST, 2000);
    clock.pass(1500);
    clock.pass(1500, true);
    expect(fired).toEqual([]);
    clock.pass(999);
    expect(fired).toEqual([]);
    clock.pass(1);
    expect(fired).toEqual(['request at 4000']);
  });

  it('wait until what has come is read', () => {
    const { clock, timers, fired, inbox } = start();
    timers.set(REQUEST, 100);
    clock.pass(20);
    inbox.hasUnread = true;
    clock.pass(110);
    expect(fired).toEqual([]);
    inbox.hasUnread = false;
    clock.pass(1000);
    expect(fired).toEqual(['request at 131']);
  });

  it('hardly wait where one message was unread', () => {
    const { clock, timers, fired, inbox } = start();
    inbox.hasUnread = true;
    timers.set(REQUEST, 2000);
    clock.pass(2000);
    inbox.hasUnread = false;
    clock.pass(1000);
    expect(fired).toEqual(['request at 2001']);
  });

  it('wait twice as long at the most, however much comes', () => {
    const { clock, timers, fired, inbox } = start();
    inbox.hasUnread = true;
    timers.set(REQUEST, 100);
    clock.pass(1000);
    expect(fired).toEqual(['request at 200']);
  });

  it('count all that they were late against their time', () => {
    const { clock, timers, fired, inbox } = start();
    inbox.hasUnread = true;
    timers.set(REQUEST, 1000);
    // Late by less than shows that the process stood still, again and again.
    for (let look = 0; look < 20; look += 1) clock.pass(200, true);
    expect(fired).toEqual(['request at 2200']);
  });

  it('do so never for longer than they were set for, and can be cancelled then', () => {
    const { clock, timers, fired } = start();
    timers.set(REQUEST, 2000);
    timers.set(STATUS, 100);
    clock.pass(60_000, true);
    timers.cancel(STATUS);
    clock.pass(60_000, true);
    expect(fired).toEqual(['request at 120000']);
  });
});
