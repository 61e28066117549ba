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
    const replies = new BriefReplies();
    expect(replies.onResults(root(1), results)).toEqual([]);
    expect(replies.onBrief(brief(2))).toEqual(whole(2));
  });

  it('wait for results that come later, and are completed once', () => {
    const replies = new BriefReplies();
    expect(replies.onBrief(brief(2))).toBeUndefined();
    expect(replies.onBrief(brief(3))).toBeUndefined();
    expect(replies.onResults(root(1), results)).toEqual([whole(2), whole(3)]);
    expect(replies.onResults(root(1), results)).toEqual([]);
  });

  it('get no results of another root', () => {
    const replies = new BriefReplies();
    replies.onBrief(brief(2, 5));
    expect(replies.onResults(root(1), results)).toEqual([]);
    expect(replies.onBrief(brief(3, 6))).toBeUndefined();
  });

  it('of a replica that makes up roots push out its own alone', () => {
    const replies = new BriefReplies();
    replies.onBrief(brief(2));
    for (let made = 10; made < 2_000; made += 1) replies.onBrief(brief(3, made));
    expect(replies.onResults(root(1), results)).toEqual([whole(2)]);
    expect(replies.onResults(root(10), results)).toEqual([]);
    expect(replies.onResults(root(1_999), results)).toHaveLength(1);
  });
});
