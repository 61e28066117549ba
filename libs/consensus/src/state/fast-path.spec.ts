import { describe, expect, it } from 'vitest';
import { FastPath } from './fast-path.js';

const BOUNDS = { min: 1, max: 10 };

function complete(path: FastPath, slots: number, afterMs = 2): void {
  for (let slot = 0; slot < slots; slot += 1) {
    path.reachedQuorum();
    path.reachedAll(afterMs);
  }
}

describe('the fast path of a collector', () => {
  it('is on at first, waiting as long as it may', () => {
    const path = new FastPath(BOUNDS);
    expect(path.isOn).toBe(true);
    expect(path.waitMs).toBe(10);
  });

  it('waits as long as votes take, within its bounds', () => {
    const path = new FastPath(BOUNDS);
    complete(path, 100, 2);
    expect(path.waitMs).toBeGreaterThanOrEqual(2);
    expect(path.waitMs).toBeLessThan(3);
    complete(path, 100, 0.01);
    expect(path.waitMs).toBe(1);
    complete(path, 100, 1000);
    expect(path.waitMs).toBe(10);
  });

  it('H13: waits longer than its bound where replicas are so far apart that a round takes long', () => {
    let roundMs: number | undefined;
    const path = new FastPath(BOUNDS, () => roundMs);
    complete(path, 100, 25);
    expect(path.waitMs).toBe(10);
    roundMs = 160;
    complete(path, 100, 25);
    expect(path.waitMs).toBeGreaterThanOrEqual(25);
    expect(path.waitMs).toBeLessThan(30);
    complete(path, 100, 100);
    expect(path.waitMs).toBe(40);
    roundMs = 16;
    expect(path.waitMs).toBe(10);
  });

  it('goes off after three misses in a row, not before', () => {
    const path = new FastPath(BOUNDS);
    for (let round = 0; round < 5; round += 1) {
      path.missed();
      path.missed();
      complete(path, 1);
    }
    expect(path.isOn).toBe(true);
    for (let miss = 0; miss < 3; miss += 1) path.missed();
    expect(path.isOn).toBe(false);
  });

  it('waits for what is usual and four times what it varies by', () => {
    const path = new FastPath(BOUNDS);
    complete(path, 1, 2);
    expect(path.waitMs).toBe(6);
    complete(path, 100, 2);
    complete(path, 1, 4);
    expect(path.waitMs).toBeCloseTo(2.25 + 4 * 0.5);
  });

  it('goes off after three misses in a row, however many slots were complete before', () => {
    const path = new FastPath(BOUNDS);
    complete(path, 8);
    for (let miss = 0; miss < 2; miss += 1) path.missed();
    path.reachedQuorum();
    path.missed();
    expect(path.isOn).toBe(false);
  });

  it('counts complete slots from when it went off', () => {
    const path = new FastPath(BOUNDS);
    complete(path, 1);
    for (let miss = 0; miss < 3; miss += 1) path.missed();
    complete(path, 8);
    expect(path.isOn).toBe(false);
    path.reachedQuorum();
    expect(path.isOn).toBe(true);
  });

  it('comes on again once all have voted in most of many slots', () => {
    const path = new FastPath(BOUNDS);
    for (let miss = 0; miss < 3; miss += 1) path.missed();
    complete(path, 8);
    path.reachedQuorum();
    expect(path.isOn).toBe(true);
    for (let miss = 0; miss < 3; miss += 1) path.missed();
    for (let round = 0; round < 10; round += 1) {
      complete(path, 2);
      path.reachedQuorum();
    }
    expect(path.isOn).toBe(false);
    complete(path, 9);
    expect(path.isOn).toBe(true);
  });
});
