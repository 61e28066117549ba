import { describe, expect, it } from 'vitest';
import type { Decision } from '../messages.js';
import { Bench, certified, prePrepare, request } from '../replica-bench.contract.js';

function decision(sequence: number): Decision {
  const digest = `batch(r${sequence})`;
  const certificate = { ...certified('commit', digest), sequence } as Decision['certificate'];
  const requests = [request(sequence)];
  return { kind: 'decision', sequence, view: 0, digest, requests, certificate };
}

/** Times of the next status, as they were set. */
function statusTimes(bench: Bench): number[] {
  return bench
    .of('set-timer')
    .flatMap(({ timer, afterMs }) => (timer.kind === 'status' ? [afterMs] : []));
}

describe('a decision that a peer passes on', () => {
  it('has the next ones asked for at once when it brought the replica further', () => {
    const bench = new Bench(3, 'pbft').receive(decision(3));
    const before = statusTimes(bench).length;
    bench.receive(decision(1));
    expect(Math.min(...statusTimes(bench).slice(before))).toBeLessThan(10);
  });

  it('puts nothing off when it did not: whoever repeats it keeps nobody from catching up', () => {
    const bench = new Bench(3, 'pbft').receive(decision(3));
    const before = statusTimes(bench).length;
    for (let again = 0; again < 10; again += 1) bench.receive(decision(3));
    expect(statusTimes(bench)).toHaveLength(before);
  });
});

describe('a slot that executed by catching up', () => {
  const stable = {
    ...certified('checkpoint', 'any'),
    sequence: 4,
  };
  const tuning = { checkpointInterval: 4, windowSlots: 8 };

  it('A9: is not voted on again', () => {
    const bench = new Bench(3, 'ccro', 'done', { tuning }).receive(prePrepare(1, [request(1)]));
    // What decides it comes from below the window.
    bench.receive(stable).receive(decision(1));
    expect(bench.replica.status()).toMatchObject({ lastExecuted: 1, lowWatermark: 4 });
    const before = bench.effects.length;
    const timer = { kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' } as const;
    bench.fire(timer).fire(timer);
    expect(bench.effects).toHaveLength(before);
  });

  it('A9, sibling: nor is anything of it fetched', () => {
    const bench = new Bench(3, 'ccro', 'done', { tuning }).receive(
      prePrepare(1, [request(1)], false),
    );
    expect(bench.sent('fetch')).toHaveLength(1);
    bench.receive(stable).receive(decision(1));
    bench.fire({ kind: 'fetch', sequence: 1, digest: 'batch(r1)' });
    bench.receive(request(1));
    expect(bench.sent('fetch')).toHaveLength(1);
    expect(bench.sent('vote').filter(({ message }) => isOnSlot(message))).toEqual([]);
  });
});

function isOnSlot(message: object): boolean {
  return 'phase' in message && message.phase !== 'checkpoint';
}

describe('a proposal for a slot that has executed', () => {
  it('is looked at when it is of the primary of a later view, who has not heard of it', () => {
    const bench = new Bench(3, 'pbft').receive(decision(1));
    const proposal = { ...prePrepare(1, [request(9)]), view: 1, replica: 1 };
    expect(bench.replica.screen(proposal)).toBe('duplicate');
    const viewChanges = [0, 1, 2].map((replica) => ({ replica, digest: `vc${replica}` }));
    for (const { replica, digest } of viewChanges) {
      const stable = { sequence: 0, digest: '', certificate: null };
      const base = { kind: 'view-change', view: 1, stable, slots: [] };
      bench.receive({ ...base, replica, digest, signature: 's' });
    }
    const begins = { kind: 'new-view', view: 1, viewChanges, reproposals: [], replica: 1 };
    bench.receive({ ...begins, signature: 's' });
    expect(bench.replica.screen(proposal)).toBe('wanted');
    bench.receive(proposal);
    expect(bench.of('send-decisions').length + bench.sent('decision').length).toBeGreaterThan(0);
  });
});
