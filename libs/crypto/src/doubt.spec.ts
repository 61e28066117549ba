import type { RejectCode } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { Doubt, type Origin } from './doubt.js';

const TO_ALL: Origin = { name: 'client mallory', route: 'requests broadcast' };
const DIRECT = { ...TO_ALL, route: 'requests direct' };
const HELP = { name: 'member 1', route: 'help broadcast' };

/** A processor on which each check takes so long. */
class Checks {
  nowMs = 0;
  readonly doubt = new Doubt({ now: () => this.nowMs });

  constructor(private readonly eachMs = 0.05) {}

  check(origin: Origin, outcome: RejectCode | 'holds' = 'bad-signature') {
    return this.doubt.check(origin, () => {
      this.nowMs += this.eachMs;
      return outcome;
    });
  }

  /** Of `count` that come in vain, evenly in the next second, how many are checked. */
  flood(count: number, ...origins: Origin[]): number {
    const startedMs = this.nowMs;
    let checked = 0;
    for (let index = 0; index < count; index += 1) {
      this.nowMs = Math.max(this.nowMs, startedMs + (1000 * index) / count);
      if (this.check(origins[index % origins.length] ?? TO_ALL) !== 'throttled') checked += 1;
    }
    return checked;
  }
}

describe('checks in vain', () => {
  it('A5, sibling: take a part of the time of a processor, however many are caused', () => {
    const checks = new Checks();
    checks.flood(10_000, TO_ALL);
    const checked = checks.flood(10_000, TO_ALL);
    expect(checked * 0.05).toBeGreaterThan(75);
    expect(checked * 0.05).toBeLessThan(85);
  });

  it('take no more in all, by all routes and under all names together', () => {
    const checks = new Checks();
    checks.flood(10_000, TO_ALL, DIRECT, HELP);
    const checked = checks.flood(10_000, TO_ALL, DIRECT, HELP);
    expect(checked * 0.05).toBeGreaterThan(140);
    expect(checked * 0.05).toBeLessThan(160);
  });

  it('are no reason to drop messages under another name, or on another route', () => {
    const checks = new Checks();
    checks.flood(10_000, TO_ALL);
    expect(checks.check(TO_ALL, 'holds')).toBe('throttled');
    expect(checks.check({ ...TO_ALL, name: 'client alice' }, 'holds')).toBe('holds');
    expect(checks.check(DIRECT, 'holds')).toBe('holds');
    expect(checks.check(HELP, 'holds')).toBe('holds');
  });

  it('are forgotten', () => {
    const checks = new Checks();
    checks.flood(10_000, TO_ALL, DIRECT);
    expect(checks.check(TO_ALL, 'holds')).toBe('throttled');
    checks.nowMs += 100;
    expect(checks.check(TO_ALL, 'holds')).toBe('holds');
  });

  it('are those of signatures that do not hold; all else costs its sender as much', () => {
    const checks = new Checks();
    for (let times = 0; times < 10_000; times += 1) checks.check(TO_ALL, 'holds');
    for (let times = 0; times < 10_000; times += 1) checks.check(TO_ALL, 'unknown-client');
    expect(checks.check(TO_ALL)).toBe('bad-signature');
  });

  it('count for as long as what is checked takes, if that is said', () => {
    const checks = new Checks(4);
    const long = { ...TO_ALL, longestMs: 5 };
    checks.flood(1000, long);
    // Of 80 ms a second.
    expect(checks.flood(1000, long)).toBeLessThan(22);
  });

  it('count for no longer than a check takes, whatever the system does in between', () => {
    const checks = new Checks(1000);
    for (let times = 0; times < 300; times += 1) expect(checks.check(TO_ALL)).toBe('bad-signature');
  });
});
