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

/** What a client is told to name. */
function sessionOf(run: QuerySession, client?: string): string {
  return run.take(query('unknown', 0, client))?.session ?? '';
}

describe('the queries of one run', () => {
  it('E1: are each taken once, in whatever order they come', () => {
    const run = new QuerySession();
    const session = sessionOf(run);
    for (const counter of [5, 3, 9]) expect(run.take(query(session, counter))).toBeUndefined();
    for (const counter of [5, 3, 9]) expect(run.isReplay(query(session, counter))).toBe(true);
    expect([4, 5, 9, 10].map((counter) => run.isFresh(query(session, counter)))).toEqual([
      ...[true, false, false, true],
    ]);
    expect(run.isFresh(query('unknown', 10))).toBe(false);
    expect(run.isReplay(query(session, 4))).toBe(false);
    expect(run.isReplay(query(session, 5, 'alice'))).toBe(false);
  });

  it('E1: that name another run are told of this one, and of the highest counter', () => {
    const run = new QuerySession();
    const session = sessionOf(run);
    run.take(query(session, 41));
    const other = sessionOf(new QuerySession());
    expect(run.take(query(other, 50))).toEqual({ session, counter: 41 });
    expect(other).not.toBe(session);
  });

  it('A5, sibling: name what their own client was told, and no other one', () => {
    const run = new QuerySession();
    expect(run.isNamedIn(query('unknown', 1))).toBe(false);
    const session = sessionOf(run);
    const others = sessionOf(run, 'alice');
    expect(others).not.toBe(session);
    expect(run.isNamedIn(query(session, 1))).toBe(true);
    expect(run.isNamedIn(query(others, 1))).toBe(false);
    expect(run.isNamedIn(query('unknown', 1))).toBe(false);
    expect(run.take(query(others, 1))).toEqual({ session, counter: 0 });
  });

  it('E1, sibling: what is forgotten counts as taken, and memory is bounded', () => {
    const run = new QuerySession();
    const session = sessionOf(run);
    for (let counter = 1; counter <= 5000; counter += 1) {
      expect(run.take(query(session, counter))).toBeUndefined();
    }
    expect(run.isReplay(query(session, 1))).toBe(false);
    expect(run.isFresh(query(session, 1))).toBe(false);
    expect(run.take(query(session, 1))).toEqual({ session, counter: 5000 });
    expect(run.take(query(session, 5001))).toBeUndefined();
  });
});
