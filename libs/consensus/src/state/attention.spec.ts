import { describe, expect, it } from 'vitest';
import { Attention, isTopic } from './attention.js';

describe('how often another replica is listened to', () => {
  it('ends with what its bucket holds, and begins again with time', () => {
    const attention = new Attention();
    for (let times = 0; times < 64; times += 1) {
      expect(attention.has('suspicion', 1, 1000)).toBe(true);
      attention.count('suspicion', 1, 1000);
    }
    expect(attention.has('suspicion', 1, 1015)).toBe(false);
    expect(attention.has('suspicion', 1, 1016)).toBe(true);
  });

  it('is counted for each replica and topic', () => {
    const attention = new Attention();
    for (let times = 0; times < 64; times += 1) attention.count('new-view', 1, 0);
    expect(attention.has('new-view', 1, 0)).toBe(false);
    expect(attention.has('new-view', 2, 0)).toBe(true);
    expect(attention.has('view-change', 1, 0)).toBe(true);
  });

  it('has no bounds of its own for what is bounded by its use', () => {
    expect(['status', 'fetch', 'new-view'].map(isTopic)).toEqual([true, true, true]);
    expect(['vote', 'pre-prepare', 'request', 'decision'].some(isTopic)).toBe(false);
  });
});
