import type { MessagesEvent, NodeReport, SentMessage } from '@ccro/telemetry';
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

function messagesIn(merger: ReportMerger): MessagesEvent | undefined {
  return merger.take().events.find((event) => event.type === 'messages');
}

describe('merging reports', () => {
  it('tells a decision once, when f+1 nodes told the same', () => {
    const merger = new ReportMerger(2, 4);
    const decisions = (): unknown[] =>
      merger.take().events.filter(({ type }) => type === 'decision');
    merger.add(report(0, { decisions: [DECISION] }));
    merger.add(report(0, { decisions: [DECISION] }));
    merger.add(report(3, { decisions: [{ ...DECISION, digest: 'ff' }] }));
    expect(decisions()).toEqual([]);
    merger.add(report(1, { decisions: [{ ...DECISION, durationMs: 7 }] }));
    merger.add(report(2, { decisions: [DECISION] }));
    expect(decisions()).toEqual([{ type: 'decision', ...DECISION, durationMs: 2 }]);
  });

  it('names senders and witnesses, and keeps the newest state of each node', () => {
    const merger = new ReportMerger(2, 4);
    merger.add(report(1, { messages: [VOTE], every: 2 }));
    merger.add(report(0, { messages: [VOTE], every: 2 }));
    const evidence = [{ accused: 3, kind: 'conflicting-votes' as const, view: 0, sequence: 5 }];
    merger.add(report(1, { evidence, every: 2, omitted: 4 }));
    const { events, accusations } = merger.take();
    expect(events.map(({ type }) => type)).toEqual(['node', 'node', 'messages']);
    expect(events[2]).toEqual({
      ...{ type: 'messages', every: 2, omitted: 4 },
      messages: [
        { ...VOTE, from: 1 },
        { ...VOTE, from: 0 },
      ],
    });
    expect(accusations).toMatchObject([{ witness: 1, accused: 3 }]);
    expect(merger.take()).toEqual({ events: [], accusations: [] });
  });

  it('is bounded, whatever it is told', () => {
    const merger = new ReportMerger(2, 4);
    for (let sequence = 1; sequence <= 4_000; sequence += 1) {
      const decisions = [{ ...DECISION, sequence }];
      const progress = [{ kind: 'left-view', view: 1, sequence: null, why: null }];
      const messages = [{ ...VOTE, sequence: null }];
      merger.add(report(sequence % 4, { messages, decisions, progress }));
    }
    const { events } = merger.take();
    expect(events).toHaveLength(4 + 1 + 4 * BATCH_LIMITS.noticesPerNode);
    const messages = events.find((event) => event.type === 'messages');
    expect(messages?.messages).toHaveLength(BATCH_LIMITS.messages);
    const notices = 4_000 - 4 * BATCH_LIMITS.noticesPerNode;
    expect(messages?.omitted).toBe(4_000 - BATCH_LIMITS.messages + notices);
  });
});

describe('one liar', () => {
  const HUGE = Number.MAX_SAFE_INTEGER;

  it('I6: has no slot shown that no other node told of, and holds up none', () => {
    const merger = new ReportMerger(2, 4);
    merger.add(report(3, { messages: [{ ...VOTE, sequence: HUGE }] }));
    for (const node of [0, 1]) merger.add(report(node, { messages: [VOTE] }));
    const sequences = messagesIn(merger)?.messages.map(({ sequence }) => sequence);
    expect(sequences).toEqual([5, 5]);
  });

  it('I6: however many slots and decisions it invents, those of others are told', () => {
    const merger = new ReportMerger(2, 4);
    merger.add(report(0, { messages: [VOTE], decisions: [DECISION] }));
    for (let sequence = 100; sequence < 1_000; sequence += 1) {
      const decisions = [{ ...DECISION, sequence }];
      merger.add(report(3, { messages: [{ ...VOTE, sequence }], decisions }));
    }
    merger.take();
    merger.add(report(1, { messages: [VOTE], decisions: [DECISION] }));
    const { events } = merger.take();
    expect(events.filter(({ type }) => type === 'decision')).toHaveLength(1);
    expect(events.find((event) => event.type === 'messages')?.messages).toHaveLength(2);
  });

  it('I6: names no figure of the cluster: the greatest is not shown, but one that an honest node named', () => {
    const merger = new ReportMerger(2, 4);
    const lie = { durationMs: 1e9, view: HUGE, corrupt: HUGE, correct: HUGE, fast: false };
    merger.add(report(3, { every: HUGE, decisions: [{ ...DECISION, ...lie }] }));
    merger.add(report(0, { every: 4, decisions: [DECISION], messages: [VOTE] }));
    merger.add(report(1, { every: 4, messages: [VOTE] }));
    const { events } = merger.take();
    expect(events.find(({ type }) => type === 'decision')).toMatchObject({
      ...{ view: 0, durationMs: 2, correct: 3, corrupt: 0 },
    });
    expect(events.find((event) => event.type === 'messages')?.every).toBe(4);
  });

  it('I6, sibling: does not make a decision of another number of requests', () => {
    const merger = new ReportMerger(2, 4);
    merger.add(report(0, { decisions: [DECISION] }));
    merger.add(report(3, { decisions: [{ ...DECISION, requests: 1_000 }] }));
    expect(merger.take().events.filter(({ type }) => type === 'decision')).toEqual([]);
    merger.add(report(1, { decisions: [DECISION] }));
    expect(merger.take().events).toMatchObject([{}, { type: 'decision', requests: 1 }]);
  });

  it('I6, sibling: its flood of notices and messages takes the place of none of the others', () => {
    const merger = new ReportMerger(2, 4);
    const progress = [{ kind: 'left-view', view: 1, sequence: null, why: null }];
    const messages = [{ ...VOTE, sequence: null }];
    const evidence = [{ accused: 0, kind: 'wrong-chunk' as const, view: null, sequence: 1 }];
    for (let count = 0; count < 1_000; count += 1) {
      merger.add(report(3, { progress, messages, evidence }));
    }
    merger.add(report(0, { progress, messages, evidence }));
    const { events, accusations } = merger.take();
    expect(events.filter((event) => event.type === 'progress' && event.node === 0)).toHaveLength(1);
    const shown = events.find((event) => event.type === 'messages')?.messages ?? [];
    expect(shown.filter(({ from }) => from === 0)).toHaveLength(1);
    expect(accusations.filter(({ witness }) => witness === 0)).toHaveLength(1);
  });
});
