import { describe, expect, it, onTestFinished } from 'vitest';
import type { FinishedAnswer } from '../../answers/request-record.js';
import { TrackedRequest } from '../tracked-request.js';
import { AnswerPoller } from './answer-poller.js';

const FOR_MS = 20_000;

describe('answers of other gateways', () => {
  it('C1, sibling: that stay out delay no others, however many they are', async () => {
    const answer = (id: string): FinishedAnswer => {
      return { id, status: 'failed', error: 'stale-timestamp', detail: 'too old' };
    };
    const poller = new AnswerPoller(async function* (ids) {
      yield await Promise.resolve(
        new Map(ids.filter((id) => id === 'late').map((id) => [id, answer(id)])),
      );
    });
    onTestFinished(() => poller.close());
    for (let number = 0; number < 3_000; number += 1) {
      poller.watch(new TrackedRequest(`open-${number}`), FOR_MS);
    }
    const late = poller.watch(new TrackedRequest('late'), FOR_MS);
    await expect(late.finished).resolves.toEqual(answer('late'));
  });
});
