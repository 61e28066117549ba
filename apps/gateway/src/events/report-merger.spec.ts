import type { NodeReport, SentMessage } from '@ccro/telemetry';
import { describe, expect, it } from 'vitest';
import { BATCH_LIMITS, ReportMerger } from './report-merger.js';

function report(node: number, parts: Partial<NodeReport> = {}): NodeReport {
  return {
    kind: 'telemetry',
    node,
    state: {
      ...{ view: 0, primary: 0, collector: 2, lastExecuted: 0, fault: null },
      counters: { received: 0, rejected: 0, unsent: 0, badVotes: 0, fast: 0, slow: 0, caughtUp: 0 },
    },
    ...{ every: 1, messages: [], decisions: [], progress: [], evidence: [], omitted: 0 },
    ...parts,
  };
}

const DECISION = {
  ...{ sequence: 5, view: 0, digest: 'aa', requests: 1, fast: true, fellBack: false },
  ...{ durationMs: 2, correct: 3, corrupt: 0 },
};
const VOTE: SentMessage = {
  ...{ kind: 'vote', phase: 'prepare', to: 2 },
  ...{ view: 0, sequence: 5, digest: 'aa', afterMs: 1 },
};

describe('merging reports', () => {
  it('tells a decision once, when f+1 nodes told the same', () => {
    const merger = new ReportMerger(2);
    const decisions = (): unknown[] => merger.take().filter(({ type }) => type === 'decision');
    merger.add(report(0, { decisions: [DECISION] }));
    merger.add(report(0, { decisions: [DECISION] }));
    merger.add(report(3, { decisions: [{ ...DECISION, digest: 'ff' }] }));
    expect(decisions()).toEqual([]);
    merger.add(report(1, { decisions: [{ ...DECISION, durationMs: 7 }] }));
    merger.add(report(2, { decisions: [DECISION] }));
    expect(decisions()).toEqual([{ type: 'decision', ...DECISION, durationMs: 7 }]);
  });

  it('names senders and witnesses, and keeps the newest state of each node', () => {
    const merger = new ReportMerger(2);
    merger.add(report(1, { messages: [VOTE], every: 2 }));
    const evidence = [{ accused: 3, kind: 'conflicting-votes', view: 0, sequence: 5 }];
    merger.add(report(1, { evidence, omitted: 4 }));
    const events = merger.take();
    expect(events.map(({ type }) => type)).toEqual(['node', 'messages', 'evidence']);
    expect(events[1]).toEqual({
      ...{ type: 'messages', every: 2, omitted: 4 },
      messages: [{ ...VOTE, from: 1 }],
    });
    expect(events[2]).toMatchObject({ witness: 1, accused: 3 });
    expect(merger.take()).toEqual([]);
  });

  it('is bounded, whatever it is told', () => {
    const merger = new ReportMerger(2);
    for (let sequence = 1; sequence <= 2_000; sequence += 1) {
      const decisions = [{ ...DECISION, sequence }];
      const progress = [{ kind: 'left-view', view: 1, sequence: null, why: null }];
      merger.add(report(sequence % 4, { messages: [VOTE], decisions, progress }));
    }
    const events = merger.take();
    expect(events.length).toBeLessThan(4 + 1 + BATCH_LIMITS.notices + 1);
    const messages = events.find((event) => event.type === 'messages');
    expect(messages?.messages).toHaveLength(BATCH_LIMITS.messages);
    const notices = 2_000 - BATCH_LIMITS.notices;
    expect(messages?.omitted).toBe(2_000 - BATCH_LIMITS.messages + notices);
  });
});
