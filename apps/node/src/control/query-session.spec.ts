import type { Query } from '@ccro/wire';
import { describe, expect, it } from 'vitest';
import { QuerySession } from './query-session.js';

function query(session: string, counter: number, client = 'gateway'): Query {
  const text = '{"type":"status"}';
  return {
    kind: 'query',
    id: 'q',
    client,
    replica: 0,
    session,
    counter,
    query: text,
    signature: '',
  };
}

describe('the queries of one run', () => {
  it('E1: are each taken once, in whatever order they come', () => {
    const run = new QuerySession();
    for (const counter of [5, 3, 9]) expect(run.take(query(run.id, counter))).toBeUndefined();
    for (const counter of [5, 3, 9]) expect(run.isReplay(query(run.id, counter))).toBe(true);
    expect(run.isReplay(query(run.id, 4))).toBe(false);
    expect(run.isReplay(query(run.id, 5, 'alice'))).toBe(false);
  });

  it('E1: that name another run are told of this one, and of the highest counter', () => {
    const run = new QuerySession();
    run.take(query(run.id, 41));
    const other = new QuerySession();
    expect(run.take(query(other.id, 50))).toEqual({ session: run.id, counter: 41 });
    expect(other.id).not.toBe(run.id);
  });

  it('E1, sibling: what is forgotten counts as taken, and memory is bounded', () => {
    const run = new QuerySession();
    for (let counter = 1; counter <= 5000; counter += 1) {
      expect(run.take(query(run.id, counter))).toBeUndefined();
    }
    expect(run.isReplay(query(run.id, 1))).toBe(false);
    expect(run.take(query(run.id, 1))).toEqual({ session: run.id, counter: 5000 });
    expect(run.take(query(run.id, 5001))).toBeUndefined();
  });
});
