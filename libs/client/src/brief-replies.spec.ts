import type { BriefReply, RequestResult } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { BriefReplies } from './brief-replies.js';

const root = (number: number): string => number.toString(16).padStart(64, '0');
const results: readonly RequestResult[] = [1, 2].map((timestamp) => ({
  timestamp,
  request: root(timestamp),
  sequence: 1,
  batch: root(9),
  result: 'true',
}));

function brief(replica: number, number = 1): BriefReply {
  return {
    kind: 'brief-reply',
    replica,
    client: 'gateway',
    view: 0,
    root: root(number),
    tally: { correct: 3, corrupt: 0 },
    signature: `by ${replica}`,
  };
}

/** What the replica would have sent with the results in it. */
function whole(replica: number): object {
  const { root: _root, ...reply } = brief(replica);
  return { ...reply, kind: 'reply', results };
}

describe('brief replies', () => {
  it('are completed with results that came before', () => {
    const replies = new BriefReplies(4);
    expect(replies.onResults(0, root(1), results)).toEqual([]);
    expect(replies.completed(brief(2))).toEqual(whole(2));
  });

  it('wait for results that come later, and are found once', () => {
    const replies = new BriefReplies(4);
    expect(replies.completed(brief(2))).toBeUndefined();
    for (const replica of [2, 3]) replies.wait(brief(replica));
    expect(replies.onResults(0, root(1), results)).toEqual([brief(2), brief(3)]);
    expect(replies.onResults(0, root(1), results)).toEqual([]);
  });

  it('get no results of another root', () => {
    const replies = new BriefReplies(4);
    replies.wait(brief(2, 5));
    expect(replies.onResults(0, root(1), results)).toEqual([]);
    expect(replies.completed(brief(3, 6))).toBeUndefined();
  });

  it('of a replica that makes up roots push out its own alone', () => {
    const replies = new BriefReplies(4);
    replies.wait(brief(2));
    for (let made = 10; made < 2_000; made += 1) replies.wait(brief(3, made));
    expect(replies.onResults(0, root(1), results)).toEqual([brief(2)]);
    expect(replies.onResults(0, root(10), results)).toEqual([]);
    expect(replies.onResults(0, root(1_999), results)).toHaveLength(1);
  });

  it('I30, sibling: what others make up with a root in its name fills no memory', () => {
    const replies = new BriefReplies(4);
    const forged = (number: number): BriefReply => ({ ...brief(2), signature: `${number}` });
    for (let number = 0; number < 7; number += 1) replies.wait(forged(number));
    replies.wait(brief(2));
    const found = replies.onResults(0, root(1), results);
    expect(found).toHaveLength(8);
    expect(found).toContainEqual(brief(2));
    const others = new BriefReplies(4);
    for (let number = 0; number < 1000; number += 1) others.wait(forged(number));
    expect(others.onResults(0, root(1), results)).toHaveLength(8);
  });

  it('I30: results that one replica makes up fill no memory, and push out no others', () => {
    const replies = new BriefReplies(4);
    const long = 'a'.repeat(1024 * 1024);
    const madeUp = (number: number): RequestResult[] =>
      results.map((result) => ({ ...result, result: `${number}${long}` }));
    const isKept = (number: number): boolean => replies.completed(brief(2, number)) !== undefined;
    expect(replies.onResults(0, root(1), results)).toEqual([]);
    // It has shown what others have as well.
    expect(replies.onResults(3, root(1), results)).toEqual([]);
    for (let number = 10; number < 400; number += 1) {
      replies.onResults(3, root(number), madeUp(number));
    }
    expect(isKept(1)).toBe(true);
    const kept = Array.from({ length: 390 }, (_, at) => 10 + at).filter(isKept);
    // Of two million characters each.
    expect(kept).toEqual([399]);
    for (let number = 400; number < 800; number += 1) {
      replies.onResults(3, root(number), results);
    }
    expect(isKept(399)).toBe(false);
    expect(isKept(544)).toBe(true);
    expect(isKept(543)).toBe(false);
    expect(isKept(1)).toBe(true);
  });

  it('I30: one reply is kept, however long it is', () => {
    const replies = new BriefReplies(1000);
    const [result] = results;
    const huge = [{ ...result, result: 'a'.repeat(4 * 1024 * 1024) } as RequestResult];
    expect(replies.onResults(0, root(1), huge)).toEqual([]);
    expect(replies.completed(brief(2))).toMatchObject({ kind: 'reply', results: huge });
  });
});
