import { describe, expect, it } from 'vitest';
import { Bench, certified, decision, hex, prePrepare, request } from '../replica-bench.testkit.js';

/** Replica 3 lacks a batch. */
function fetching(sequence: number, digest = `batch(r${sequence})`, replica = 3): object {
  return { kind: 'fetch', replica, sequence, digest, signature: 's' };
}

/** Replica 1, which has accepted a proposal for slot 1 and knows what was decided for slot 2. */
function holder(): Bench {
  const bench = new Bench(1).receive(prePrepare(1, [request(1)])).receive(decision(2));
  bench.effects = [];
  return bench;
}

const TO_ASKER = { kind: 'replica', id: 3 };

describe('a replica that is asked for a batch', () => {
  it('shows the pre-prepare with all bodies in it while the slot is undecided', () => {
    const bench = new Bench(1).receive(request(1)).receive(prePrepare(1, [request(1)], false));
    bench.receive(fetching(1), 'direct');
    expect(bench.sent('pre-prepare')).toEqual([
      { kind: 'send', to: TO_ASKER, message: prePrepare(1, [request(1)]) },
    ]);
  });

  it('sends the decision of a slot that has to wait for its turn', () => {
    const bench = holder().receive(fetching(2), 'direct');
    expect(bench.effects).toEqual([{ kind: 'send', to: TO_ASKER, message: decision(2) }]);
  });

  it('sends the proposal that was asked for though another one was decided', () => {
    const bench = new Bench(1).receive(prePrepare(2, [request(1)])).receive(decision(2));
    bench.effects = [];
    bench.receive(fetching(2, 'batch(r1)'), 'direct');
    expect(bench.effects).toMatchObject([{ to: TO_ASKER, message: { kind: 'pre-prepare' } }]);
  });

  it('has the decision of a slot that has executed sent from the store', () => {
    const bench = holder().receive(certified('commit', 'batch(r1)'));
    bench.receive(fetching(2), 'direct');
    expect(bench.of('send-decisions')).toEqual([
      { kind: 'send-decisions', to: 3, first: 2, last: 2 },
    ]);
  });

  it.each([
    ['it has nothing of the slot', fetching(3)],
    ['another batch was proposed', fetching(1, hex('other'))],
    ['another batch was decided', fetching(2, hex('other'))],
    ['it was itself who asked', fetching(1, 'batch(r1)', 1)],
  ])('sends nothing when %s', (_, message) => {
    expect(holder().receive(message, 'direct').effects).toEqual([]);
  });

  it('sends no more bytes than the budget of whoever asks holds', () => {
    const large = request(1, { operation: 'x'.repeat(1024 * 1024) });
    const bench = new Bench(1).receive(prePrepare(1, [large]));
    for (let times = 0; times < 10; times += 1) bench.receive(fetching(1), 'direct');
    // The second time it counts as sent again.
    expect(bench.sent('pre-prepare')).toHaveLength(2);
    expect(bench.rejects()).toEqual(Array.from({ length: 8 }, () => 'throttled'));
  });
});
