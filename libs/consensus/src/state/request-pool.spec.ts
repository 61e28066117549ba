import { describe, expect, it } from 'vitest';
import type { Request } from '../messages/index.js';
import { RequestPool } from './request-pool.js';

function request(client: string, timestamp: number, operation = 'x'): Request {
  const digest = `${client}-${timestamp}`;
  return { kind: 'request', client, timestamp, operation, digest, signature: '' };
}

function fill(pool: RequestPool, client: string, timestamps: readonly number[], operation = 'x') {
  return timestamps.map((timestamp) => pool.add(request(client, timestamp, operation), true));
}

function held(pool: RequestPool, client: string, upTo = 100): number[] {
  return Array.from({ length: upTo + 1 }, (_, timestamp) => timestamp).filter(
    (timestamp) => pool.get(`${client}-${timestamp}`) !== undefined,
  );
}

function next(pool: RequestPool, requests: number, characters = 1000): string[] {
  const batch = pool.next(requests, characters).map((each) => each.request.digest);
  for (const digest of batch) pool.markProposed(digest);
  return batch;
}

describe('requests that wait', () => {
  it('A7: are proposed in the order of their timestamps, of each client', () => {
    const pool = new RequestPool(10, 20);
    fill(pool, 'a', [7, 3, 9, 1]);
    expect(next(pool, 2)).toEqual(['a-1', 'a-3']);
    fill(pool, 'a', [2]);
    expect(next(pool, 9)).toEqual(['a-2', 'a-7', 'a-9']);
    pool.markAllWaiting();
    expect(pool.waitingCount).toBe(5);
    pool.remove('a', 2);
    expect(next(pool, 9)).toEqual(['a-1', 'a-3', 'a-7', 'a-9']);
  });

  it('A7: a full window keeps the lowest timestamps, and what is proposed', () => {
    const pool = new RequestPool(3, 20);
    fill(pool, 'a', [5, 7, 9]);
    expect(fill(pool, 'a', [11])).toEqual(['client-window-full']);
    expect(fill(pool, 'a', [6])).toEqual(['added']);
    expect(held(pool, 'a')).toEqual([5, 6, 7]);
    next(pool, 9);
    expect(fill(pool, 'a', [1])).toEqual(['client-window-full']);
    expect(held(pool, 'a')).toEqual([5, 6, 7]);
  });

  it('A7: what never executes makes room, without a look at all the rest', () => {
    const pool = new RequestPool(3, 20);
    fill(pool, 'a', [5, 7, 9]);
    const asked: number[] = [];
    const isDead = (timestamp: number): boolean => {
      asked.push(timestamp);
      return timestamp < 6;
    };
    expect(pool.add(request('a', 11), true, isDead)).toBe('added');
    expect(held(pool, 'a')).toEqual([7, 9, 11]);
    expect(pool.add(request('a', 13), true, isDead)).toBe('client-window-full');
    expect(asked).toEqual([5, 7]);
  });

  it('A7, sibling: clients that fill the pool keep no other client out', () => {
    const pool = new RequestPool(10, 12);
    for (const client of ['a', 'b', 'c']) fill(pool, client, [1, 2, 3, 4]);
    expect(fill(pool, 'd', [1, 2, 3])).toEqual(['added', 'added', 'added']);
    expect(pool.size).toBe(12);
    // Each makes room to the same extent, and of each the lowest stay.
    expect(['a', 'b', 'c', 'd'].map((client) => held(pool, client))).toEqual(
      Array.from({ length: 4 }, () => [1, 2, 3]),
    );
    expect(fill(pool, 'd', [4])).toEqual(['request-pool-full']);
  });

  it('A7, sibling: a client with many waiting delays one with few by a batch at most', () => {
    const pool = new RequestPool(100, 200);
    fill(
      pool,
      'a',
      Array.from({ length: 50 }, (_, index) => index),
    );
    fill(pool, 'b', [1]);
    expect(next(pool, 10)).toContain('b-1');
    fill(pool, 'b', [2], 'y'.repeat(500));
    const batches = [next(pool, 10, 40), next(pool, 10, 40)];
    expect(batches.flat()).toContain('b-2');
    expect(batches.flat().length).toBeGreaterThan(1);
  });

  it('A7, sibling: a batch is filled whoever has how much', () => {
    const pool = new RequestPool(100, 200);
    fill(
      pool,
      'a',
      Array.from({ length: 50 }, (_, index) => index),
    );
    fill(pool, 'b', [1, 2]);
    expect(next(pool, 10)).toHaveLength(10);
    expect(next(pool, 10)).toHaveLength(10);
    expect(pool.waitingCount).toBe(32);
  });

  it('A14: take so many bytes of memory at most, of one client and of all', () => {
    const pool = new RequestPool(1000, 1000, 10_000, 25_000);
    const large = 'x'.repeat(1000);
    const outcomes = fill(
      pool,
      'a',
      Array.from({ length: 20 }, (_, index) => index),
      large,
    );
    expect(outcomes.filter((each) => each === 'added')).toHaveLength(3);
    expect(outcomes.at(-1)).toBe('client-window-full');
    for (const client of ['b', 'c', 'd']) fill(pool, client, [1, 2, 3], large);
    expect(pool.size).toBe(9);
    expect(held(pool, 'd').length).toBeGreaterThan(0);
    for (const client of ['a', 'b', 'c', 'd']) {
      for (const timestamp of held(pool, client)) pool.remove(client, timestamp);
    }
    // Everything is given back.
    expect(fill(pool, 'e', [1, 2, 3], large)).toEqual(['added', 'added', 'added']);
  });

  it('A14, sibling: the lists that requests were signed on count, once where they are shared', () => {
    const list = Array.from({ length: 100 }, (_, index) => `d${index}`);
    const listed = (timestamp: number, signedWith: readonly string[]): Request => ({
      ...request('a', timestamp),
      signedWith,
    });
    const shared = new RequestPool(100, 100, 20_000);
    const own = new RequestPool(100, 100, 20_000);
    for (let timestamp = 1; timestamp <= 20; timestamp += 1) {
      shared.add(listed(timestamp, list), true);
      own.add(listed(timestamp, [...list]), true);
    }
    expect(shared.size).toBe(20);
    expect(own.size).toBe(2);
  });

  it('A14: one request always fits, however large', () => {
    const pool = new RequestPool(10, 10, 100, 1_000_000);
    expect(fill(pool, 'a', [1], 'x'.repeat(1000))).toEqual(['added']);
    expect(fill(pool, 'a', [2])).toEqual(['client-window-full']);
  });
});

describe('whose requests are in a batch', () => {
  const waiting = Array.from({ length: 10 }, (_, index) => index + 1);
  const large = 'x'.repeat(10);

  it.each([
    ['requests', 4, 1000],
    ['characters', 10, 40],
  ])('each client has an equal part of its %s', (_, requests, characters) => {
    const pool = new RequestPool(10, 30);
    for (const client of ['a', 'b']) fill(pool, client, waiting, large);
    expect(next(pool, requests, characters)).toEqual(['a-1', 'a-2', 'b-1', 'b-2']);
  });

  it('a client of which nothing waits takes no part', () => {
    const pool = new RequestPool(10, 30);
    fill(pool, 'c', [1]);
    next(pool, 1);
    for (const client of ['a', 'b']) fill(pool, client, waiting);
    expect(next(pool, 6)).toEqual(['a-1', 'a-2', 'a-3', 'b-1', 'b-2', 'b-3']);
  });

  it('who came first comes last next time', () => {
    const pool = new RequestPool(10, 30);
    for (const client of ['a', 'b']) fill(pool, client, waiting);
    expect([next(pool, 1), next(pool, 1), next(pool, 1)].flat()).toEqual(['a-1', 'b-1', 'a-2']);
  });

  it('who was served alone keeps its turn', () => {
    const pool = new RequestPool(10, 30);
    fill(pool, 'a', [1]);
    fill(pool, 'b', [1]);
    pool.markProposed('b-1');
    next(pool, 1);
    pool.markAllWaiting();
    expect(next(pool, 2)).toEqual(['a-1', 'b-1']);
  });

  it('who has nothing left and returns comes after those that waited meanwhile', () => {
    const pool = new RequestPool(10, 30);
    fill(pool, 'a', [1]);
    fill(pool, 'b', [1]);
    pool.remove('a', 1);
    fill(pool, 'a', [2]);
    expect(next(pool, 2)).toEqual(['b-1', 'a-2']);
  });

  it('is empty when nothing waits, and has nothing twice', () => {
    const pool = new RequestPool(10, 30);
    expect(next(pool, 9)).toEqual([]);
    fill(pool, 'a', [1, 2]);
    expect([next(pool, 1), next(pool, 9), next(pool, 9)]).toEqual([['a-1'], ['a-2'], []]);
  });

  it('A7: a request that finds no room is not overtaken by a smaller one of its client', () => {
    const pool = new RequestPool(10, 30);
    fill(pool, 'a', [1, 3], large);
    fill(pool, 'a', [2], 'x'.repeat(50));
    expect(next(pool, 9, 30)).toEqual(['a-1']);
  });
});

describe('the room in a pool', () => {
  /** Bytes that one with an operation of 100 characters takes, which was signed alone. */
  const BYTES = 712;
  const operation = 'x'.repeat(100);

  it.each([
    ['a client', new RequestPool(10, 10, 2 * BYTES), 'client-window-full'],
    ['all clients', new RequestPool(10, 10, 10_000, 2 * BYTES), 'request-pool-full'],
  ])('can be used up by %s to the last byte', (_, pool, full) => {
    expect(fill(pool, 'a', [1, 2, 3], operation)).toEqual(['added', 'added', full]);
  });

  it('is given back by a request that is removed, to its client too', () => {
    const pool = new RequestPool(10, 10, 2 * BYTES);
    fill(pool, 'a', [1, 2], operation);
    pool.remove('a', 1);
    expect(fill(pool, 'a', [3], operation)).toEqual(['added']);
  });

  it('stays as it is when something is removed that is not there', () => {
    const pool = new RequestPool(10, 10);
    fill(pool, 'a', [1]);
    pool.remove('a', 2);
    pool.remove('b', 1);
    expect([pool.size, pool.waitingCount]).toEqual([1, 1]);
  });

  it('of two clients that hold the most, the one that comes first makes room', () => {
    const pool = new RequestPool(10, 4);
    fill(pool, 'a', [1, 2]);
    fill(pool, 'b', [1, 2]);
    expect(fill(pool, 'c', [1])).toEqual(['added']);
    expect(['a', 'b'].map((client) => held(pool, client))).toEqual([[1], [1, 2]]);
  });

  it('is not made by what is proposed, however much that is', () => {
    const pool = new RequestPool(10, 5);
    fill(pool, 'a', [1, 2, 3]);
    next(pool, 3);
    fill(pool, 'b', [1, 2]);
    expect(fill(pool, 'c', [1])).toEqual(['added']);
    expect(['a', 'b'].map((client) => held(pool, client))).toEqual([[1, 2, 3], [1]]);
    next(pool, 9);
    expect(fill(pool, 'd', [1])).toEqual(['request-pool-full']);
  });

  it('of a client all of whose requests are proposed is full, and none of them is asked about', () => {
    const pool = new RequestPool(2, 10);
    fill(pool, 'a', [1, 2]);
    next(pool, 2);
    const asked: number[] = [];
    const isDead = (timestamp: number) => asked.push(timestamp) > 0;
    expect(pool.add(request('a', 3), true, isDead)).toBe('client-window-full');
    expect(asked).toEqual([]);
  });

  it('is for one request of a timestamp: of two that a client signs the first one counts', () => {
    const pool = new RequestPool(10, 10);
    fill(pool, 'a', [1]);
    expect(pool.add({ ...request('a', 1), digest: 'other' }, true)).toBe('timestamp-reused');
    expect(pool.get('other')).toBeUndefined();
  });

  it('counts a request that was signed alone after one that was signed on a list', () => {
    const pool = new RequestPool(10, 10, 2 * BYTES + 80);
    pool.add({ ...request('a', 1, operation), signedWith: ['a-1'] }, true);
    expect(fill(pool, 'a', [2, 3], operation)).toEqual(['added', 'client-window-full']);
  });

  it('is freed of what executed or never will, of all clients at once', () => {
    const pool = new RequestPool(10, 10);
    fill(pool, 'a', [1, 2, 3]);
    fill(pool, 'b', [2, 3]);
    pool.removeIf((client, timestamp) => client === 'a' && timestamp < 3);
    expect(['a', 'b'].map((client) => held(pool, client))).toEqual([[3], [2, 3]]);
    expect(pool.waitingCount).toBe(3);
  });
});

describe('the request that the primary is watched for', () => {
  it('is the oldest one, of a client that was just served after those of others', () => {
    const pool = new RequestPool(10, 10);
    expect(pool.oldest()).toBeUndefined();
    fill(pool, 'a', [1, 2]);
    fill(pool, 'b', [1]);
    expect(pool.oldest()?.digest).toBe('a-1');
    pool.defer('a');
    expect(pool.oldest()?.digest).toBe('b-1');
    pool.defer('c');
    expect(pool.oldest()?.digest).toBe('b-1');
    pool.remove('b', 1);
    expect(pool.oldest()?.digest).toBe('a-1');
  });
});
