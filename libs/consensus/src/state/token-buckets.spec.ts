import { describe, expect, it } from 'vitest';
import { TokenBuckets } from './token-buckets.js';

const SIZE = { capacity: 10, perMs: 2 };

describe('a token bucket', () => {
  it('is full at first, and fills up again with time, no further', () => {
    const buckets = new TokenBuckets();
    expect(buckets.left('a', SIZE, 100)).toBe(10);
    buckets.take('a', SIZE, 8, 100);
    expect(buckets.left('a', SIZE, 100)).toBe(2);
    expect(buckets.left('a', SIZE, 102)).toBe(6);
    expect(buckets.left('a', SIZE, 200)).toBe(10);
    expect(buckets.left('b', SIZE, 100)).toBe(10);
  });

  it('gives no more than it has, and nothing for a clock that goes back', () => {
    const buckets = new TokenBuckets();
    buckets.take('a', SIZE, 11, 100);
    expect(buckets.left('a', SIZE, 100)).toBe(0);
    expect(buckets.left('a', SIZE, 99)).toBe(0);
    buckets.take('a', SIZE, 4, 103);
    expect(buckets.left('a', SIZE, 103)).toBe(2);
  });
});
