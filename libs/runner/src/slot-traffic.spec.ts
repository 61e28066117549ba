import type { OutgoingMessage } from '@ccro/consensus';
import { describe, expect, it } from 'vitest';
import { decisionOf, SlotTraffic } from './slot-traffic.js';

describe('traffic of a slot', () => {
  it('H4: is what was published about it, once for each receiver', () => {
    const traffic = new SlotTraffic();
    traffic.add(5, 4, 100);
    traffic.add(6, 4, 1_000);
    traffic.add(5, 1, 10);
    expect(traffic.of(5)).toEqual({ published: 2, deliveries: 5, deliveredBytes: 410 });
    expect(traffic.of(7)).toBeUndefined();
  });

  it('keeps the highest slots, whatever comes in which order', () => {
    const traffic = new SlotTraffic();
    for (let sequence = 1_000; sequence > 0; sequence -= 1) traffic.add(sequence, 1, 1);
    expect(traffic.of(1_000)).toBeDefined();
    expect(traffic.of(700)).toBeUndefined();
  });

  it('H4, sibling: counts no checkpoint, heartbeat, catching up or change of view to a decision', () => {
    const slot = { view: 0, sequence: 8, digest: 'aa', replica: 1 };
    const kinds = (messages: readonly object[]): (number | undefined)[] =>
      messages.map((message) => decisionOf(message as OutgoingMessage));
    expect(
      kinds([
        { kind: 'pre-prepare', ...slot },
        { kind: 'vote', phase: 'commit', ...slot },
        { kind: 'certificate', phase: 'prepare', ...slot },
        { kind: 'reply', results: [{ sequence: 8 }], brief: true },
      ]),
    ).toEqual([8, 8, 8, 8]);
    expect(
      kinds([
        { kind: 'vote', phase: 'checkpoint', ...slot },
        { kind: 'certificate', phase: 'checkpoint', ...slot },
        { kind: 'status', lastExecuted: 8 },
        { kind: 'decision', ...slot },
        { kind: 'fetch', ...slot },
        { kind: 'view-change', view: 1 },
        { kind: 'reply', results: [] },
      ]),
    ).toEqual(Array(7).fill(undefined));
  });
});
