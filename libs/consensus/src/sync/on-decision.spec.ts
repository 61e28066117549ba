import { describe, expect, it } from 'vitest';
import { Bench, certified, decision, prePrepare, request } from '../replica-bench.testkit.js';

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

describe('a decision', () => {
  const tuning = { checkpointInterval: 4, windowSlots: 8 };

  it('of a slot that has executed is not looked at: certificates tell of contradictions', () => {
    const bench = new Bench(3, 'pbft').receive(decision(1));
    bench.effects = [];
    expect(bench.receive(decision(1, [request(2)])).effects).toEqual([]);
  });

  it('from above the window is refused, and opens no slot', () => {
    const bench = new Bench(3, 'pbft', 'done', { tuning }).receive(decision(9));
    expect(bench.rejects()).toEqual(['outside-watermarks']);
    expect(bench.replica.status().slots).toBe(0);
  });

  it('from below the window has to be the next one', () => {
    const bench = new Bench(3, 'pbft', 'done', { tuning });
    bench.receive({ ...certified('checkpoint', 'any'), sequence: 4 }).receive(decision(2));
    expect(bench.executed).toEqual([]);
    bench.receive(decision(1)).receive(decision(2));
    expect(bench.executed).toEqual(['op', 'op']);
  });

  it('ends the fetching of its batch, if that is not here already', () => {
    const ended = (bench: Bench) =>
      bench.of('cancel-timer').filter(({ timer }) => timer.kind === 'fetch');
    const fetching = new Bench(3, 'pbft').receive(certified('commit', 'batch(r1)'));
    expect(ended(fetching.receive(decision(1)))).toMatchObject([{ timer: { sequence: 1 } }]);
    const holding = new Bench(3, 'pbft').receive(prePrepare(1, [request(1)]));
    expect(ended(holding.receive(decision(1)))).toEqual([]);
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
    bench.enterView();
    expect(bench.replica.screen(proposal)).toBe('wanted');
    bench.receive(proposal);
    expect(bench.of('send-decisions').length + bench.sent('decision').length).toBeGreaterThan(0);
  });
});
