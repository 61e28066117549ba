import { describe, expect, it } from 'vitest';
import type { DecidedAnswer, FailedAnswer } from '../../answers/request-record.js';
import { packAnswer, unpackAnswer } from './packed-answer.js';

const decided: DecidedAnswer = {
  id: 'gateway-1763836000000000',
  status: 'decided',
  mode: 'ccro',
  view: 1,
  sequence: 17,
  digest: 'kDHl0DJ0k4T5gqBWHfSIVoY8jdYvM0jXW4Fa6O_8nXg',
  result: { index: 1, previous: null },
  consensusTimeMs: 2.913_412_000_000_043,
  replies: { matching: 3, required: 2 },
  nodes: [
    { id: 0, role: 'replica', reply: 'matching', correct: 6, corrupt: 0 },
    { id: 1, role: 'commander', reply: 'none', correct: null, corrupt: null },
    { id: 2, role: 'replica', reply: 'false', correct: 4, corrupt: 2 },
    { id: 3, role: 'communication', reply: 'matching', correct: 6, corrupt: 0 },
  ],
};

describe('a packed answer', () => {
  it.each<DecidedAnswer>([
    decided,
    { ...decided, mode: 'pbft', nodes: decided.nodes.slice(0, 3) },
    { ...decided, result: 'ü😀' },
    { ...decided, result: null },
    { ...decided, result: [{ e: 1, d: 2 }] },
  ])('is the same text when it is unpacked', (answer) => {
    const unpacked = unpackAnswer(answer.id, packAnswer(answer));
    expect(JSON.stringify(unpacked)).toBe(JSON.stringify(answer));
  });

  it('takes less than half the room', () => {
    expect(packAnswer(decided).length).toBeLessThan(JSON.stringify(decided).length / 2);
  });

  it('can be a failure', () => {
    const failed: FailedAnswer = {
      id: 'gateway-1',
      status: 'failed',
      error: 'stale-timestamp',
      detail: 'timestamp 1 is too old to tell whether it executed',
    };
    expect(unpackAnswer(failed.id, packAnswer(failed))).toEqual(failed);
  });
});
