import { describe, expect, it } from 'vitest';
import type { Reply } from '../messages/index.js';
import {
  Bench,
  certified,
  decision,
  prePrepare,
  request,
  status,
  vote,
} from '../replica-bench.testkit.js';
import { STALE_RESULT } from '../state/client-table.js';

const BATCH = 'batch(r1)';

function replies(bench: Bench): Reply[] {
  return bench.sent('reply').map(({ message }) => message as Reply);
}

describe('a request that executed', () => {
  const executed = () =>
    new Bench(1).receive(prePrepare(1, [request(1)])).receive(certified('commit', BATCH));

  it('is answered again as it was then, in a later view too', () => {
    const bench = executed();
    bench.receive(vote('commit', 3, 'batch(lie)')).receive(request(1));
    bench.enterView({ sequence: 1, digest: BATCH }).receive(request(1));
    const said = { view: 0, results: [{ timestamp: 1, sequence: 1, batch: BATCH }] };
    expect(replies(bench)).toMatchObject([
      { ...said, collector: 2, tally: { correct: 3, corrupt: 0 } },
      { ...said, collector: 2, tally: { correct: 3, corrupt: 1 } },
      { ...said, tally: { correct: 3, corrupt: 1 } },
    ]);
    expect(bench.executed).toEqual(['op']);
    expect(bench.rejects()).toEqual([]);
  });

  it('stands for any other that the client signs with its timestamp', () => {
    const bench = executed().receive(request(1, { digest: 'other' }));
    expect(bench.rejects()).toEqual(['timestamp-reused']);
    expect(replies(bench)[1]).toMatchObject({ results: [{ timestamp: 1, request: 'r1' }] });
  });

  it.each([
    ['nothing of it was seen but the decision', []],
    ['its slot was undecided when the decision came', [prePrepare(1, [request(1)])]],
  ])('is answered from below the window without votes where %s', (_, before) => {
    const tuning = { checkpointInterval: 4, windowSlots: 8 };
    const bench = new Bench(3, 'ccro', 'done', { tuning });
    for (const message of before) bench.receive(message);
    bench.receive({ ...certified('checkpoint', 'any'), sequence: 4 }).receive(decision(1));
    bench.enterView().receive(request(1));
    expect(replies(bench)[1]).toMatchObject({
      ...{ view: 1, tally: { correct: 0, corrupt: 0 } },
      results: [{ timestamp: 1, sequence: 1, batch: BATCH }],
    });
    expect(replies(bench)[1]).not.toHaveProperty('collector');
  });
});

describe('a request that is too old to tell whether it executed', () => {
  it('is refused, and its client told so', () => {
    const tuning = { clientWindow: 1 };
    const bench = new Bench(1, 'ccro', 'done', { tuning });
    bench.receive(decision(1)).receive(decision(2)).receive(request(1));
    expect(bench.rejects()).toEqual(['stale-timestamp']);
    const told = { timestamp: 1, request: 'r1', sequence: 0, batch: 'batch()' };
    expect(replies(bench).at(-1)).toMatchObject({
      ...{ client: 'c', view: 0 },
      results: [{ ...told, result: STALE_RESULT }],
    });
  });

  it('makes room for the next one of its client, where it was still held', () => {
    const tuning = { clientWindow: 1 };
    const bench = new Bench(1, 'ccro', 'done', { tuning }).receive(request(1));
    bench.receive(decision(1, [request(2)])).receive(decision(2, [request(3)]));
    expect(bench.replica.request('r1')).toBeDefined();
    bench.receive(request(4));
    expect(bench.rejects()).toEqual([]);
    expect(bench.replica.request('r1')).toBeUndefined();
    expect(bench.replica.request('r4')).toBeDefined();
  });
});

describe('a request that has not executed', () => {
  it('keeps its place when its client has sent as many as it may', () => {
    const tuning = { clientWindow: 1 };
    const bench = new Bench(1, 'ccro', 'done', { tuning }).receive(request(1));
    bench.receive(request(2));
    expect(bench.rejects()).toEqual(['client-window-full']);
    expect(bench.replica.request('r1')).toBeDefined();
  });

  it('is held once, and any other of its timestamp refused', () => {
    const bench = new Bench(1).receive(request(1)).receive(request(1));
    expect(bench.rejects()).toEqual([]);
    bench.receive(request(1, { digest: 'other' }));
    expect(bench.rejects()).toEqual(['timestamp-reused']);
    expect(bench.replica.status().pooledRequests).toBe(1);
  });

  it('is passed on to the primary once, when it came to a backup alone', () => {
    const bench = new Bench(1).receive(request(1), 'direct').receive(request(1), 'direct');
    bench.receive(request(1, { digest: 'other' }), 'direct').receive(request(2));
    const passedOn = bench.of('send');
    expect(passedOn).toEqual([
      { kind: 'send', to: { kind: 'replica', id: 0 }, message: request(1) },
    ]);
  });

  it.each([
    ['broadcast', []],
    ['direct', [request(1)]],
  ] as const)('is proposed, when it came %s, with the bodies %j', (via, bodies) => {
    const bench = new Bench(0).receive(status(1)).receive(status(2)).receive(request(1), via);
    expect(bench.sent('pre-prepare')).toMatchObject([{ message: { requests: ['r1'], bodies } }]);
  });
});
