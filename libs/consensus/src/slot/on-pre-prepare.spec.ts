import { describe, expect, it } from 'vitest';
import type { PrePrepare } from '../messages/index.js';
import { Bench, certified, decision, prePrepare, request, vote } from '../replica-bench.testkit.js';

const BATCH = 'batch(r1)';
const NULL_BATCH = 'batch()';

/** What the primary of view 1 says. */
function inViewOne(sequence: number, requests = [request(sequence)]): PrePrepare {
  return { ...prePrepare(sequence, requests), view: 1, replica: 1, collector: 3 };
}

describe('a pre-prepare for a slot that has executed', () => {
  const executed = (self = 3) =>
    new Bench(self).receive(prePrepare(1, [request(1)])).receive(certified('commit', BATCH));

  it.each<[string, () => Bench, PrePrepare]>([
    ['it repeats what the primary said', executed, prePrepare(1, [request(1)])],
    ['it is of the primary of a view to come', executed, inViewOne(1, [request(2)])],
    [
      'it is not of the primary of its view',
      () => executed().enterView(),
      { ...inViewOne(1), replica: 2 },
    ],
    [
      'the slot is in memory no more',
      () =>
        new Bench(3, 'ccro', 'done', { tuning: { checkpointInterval: 4, windowSlots: 8 } })
          .receive({ ...certified('checkpoint', 'any'), sequence: 4 })
          .receive(decision(1)),
      prePrepare(1, [request(2)]),
    ],
  ])('has nothing done when %s', (_, before, late) => {
    const bench = before();
    bench.effects = [];
    expect(bench.receive(late).effects).toEqual([]);
  });
});

describe('a pre-prepare', () => {
  const votes = (bench: Bench) => bench.sent('vote').map(({ message }) => message);

  it('is voted for though its batch was being fetched on the word of others', () => {
    const bench = new Bench(1);
    for (const replica of [2, 3]) bench.receive(vote('prepare', replica, BATCH, { attempt: 1 }));
    expect(bench.sent('fetch')).toHaveLength(1);
    bench.receive(prePrepare(1, [request(1)]));
    expect(votes(bench)[0]).toMatchObject({ phase: 'prepare', digest: BATCH });
  });

  it('of an earlier view is refused unless its batch is being fetched', () => {
    const carried = { sequence: 1, digest: BATCH };
    const bench = new Bench(3).receive(vote('prepare', 2, BATCH)).enterView(carried);
    bench.receive(prePrepare(1, [request(1)]));
    expect(bench.rejects()).toEqual(['wrong-view']);
    bench.receive(inViewOne(1, [request(1)]));
    expect(votes(bench)).toMatchObject([{ view: 1, digest: BATCH }]);
  });

  it('for a slot that its view carries over is held to what was chosen', () => {
    const bench = new Bench(3).enterView({ sequence: 1, digest: BATCH });
    bench.receive(inViewOne(1, [request(2)]));
    expect(bench.rejects()).toEqual(['conflicting-proposal']);
    expect(votes(bench)).toEqual([]);
  });

  it('of the null batch is voted for where the view chose it', () => {
    const bench = new Bench(3).enterView({ sequence: 1, digest: NULL_BATCH });
    bench.receive(inViewOne(1, []));
    expect(votes(bench)).toMatchObject([{ view: 1, digest: NULL_BATCH }]);
  });

  it('is voted for with as many requests as a batch may have', () => {
    const tuning = { maxBatchRequests: 2 };
    const bench = new Bench(1, 'ccro', 'done', { tuning });
    bench.receive(prePrepare(1, [request(1), request(2)]));
    bench.receive(prePrepare(2, [request(3), request(4), request(5)]));
    expect(votes(bench)).toMatchObject([{ sequence: 1 }]);
    expect(bench.rejects()).toEqual(['batch-too-large']);
  });

  it.each(['prepare', 'commit'] as const)(
    'is refused when a %s certificate of its view names another batch',
    (phase) => {
      const bench = new Bench(1).receive(certified(phase, BATCH));
      bench.receive(prePrepare(1, [request(2)]));
      expect(bench.rejects()).toEqual(['conflicting-proposal']);
      expect(votes(bench).filter((each) => 'phase' in each && each.phase === 'prepare')).toEqual(
        [],
      );
    },
  );

  it('may name its primary as collector where there is nobody else', () => {
    const bench = new Bench(0, 'ccro', 'done', { tuning: { n: 1 } }).receive(request(1));
    expect(bench.rejects()).toEqual([]);
    expect(bench.executed).toEqual(['op']);
  });
});
