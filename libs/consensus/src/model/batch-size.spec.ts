import { describe, expect, it } from 'vitest';
import type { Request } from '../messages/index.js';
import { BatchSize, operationCharacters } from './batch-size.js';

function request(timestamp: number, signedWith?: readonly string[]): Request {
  const digest = timestamp.toString(16).padStart(64, '0');
  const alone = {
    kind: 'request',
    client: 'c',
    timestamp,
    operation: 'ten chars.',
    digest,
  } as const;
  const signature = 'signature';
  return signedWith === undefined ? { ...alone, signature } : { ...alone, signature, signedWith };
}

describe('the size of a batch', () => {
  const list = Array.from({ length: 128 }, (_, index) => index.toString(16).padStart(64, '0'));
  const alone = [1, 2, 3].map((timestamp) => request(timestamp));
  const listed = [1, 2, 3].map((timestamp) => request(timestamp, list));
  const onThreeLists = [1, 2, 3].map((timestamp) => request(timestamp, [...list]));

  it('is judged alike by all who hold its requests, on whatever lists they came', () => {
    for (const batch of [alone, listed, onThreeLists]) expect(operationCharacters(batch)).toBe(30);
  });

  it('is, for who proposes it, more with each list that travels along', () => {
    const sizes = [alone, listed, onThreeLists].map((batch) => {
      const size = new BatchSize();
      for (const each of batch) size.add(each);
      return size.characters;
    });
    expect(sizes[0]).toBe(30);
    expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
    expect(new Set(sizes).size).toBe(3);
  });

  it('counts a list of digests once as long as its requests come one after the other', () => {
    const size = new BatchSize();
    const [first, second] = listed;
    const [other] = onThreeLists;
    if (first === undefined || second === undefined || other === undefined) throw new Error();
    const onList = 10 + 128 * 12;
    expect(size.with(first)).toBe(onList);
    expect(size.characters).toBe(0);
    size.add(first);
    expect(size.with(second)).toBe(onList + 10);
    expect(size.with(request(4))).toBe(onList + 10);
    size.add(other);
    expect(size.characters).toBe(2 * onList);
    expect(size.with(second)).toBe(3 * onList);
  });
});
