import { describe, expect, it } from 'vitest';
import {
  Bench,
  certificate,
  certified,
  decision,
  prePrepare,
  request,
  vote,
} from './replica-bench.testkit.js';

const BATCH = 'batch(r1)';
const CERTIFICATE = { kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' } as const;
const FETCH = { kind: 'fetch', sequence: 1, digest: BATCH } as const;
const SLOT_IN_VIEW_ONE = { sequence: 1, digest: BATCH };

/** Forgets what `bench` did until now. */
function quiet(bench: Bench): Bench {
  bench.effects = [];
  return bench;
}

describe('a certificate that does not come in time', () => {
  const voted = () => new Bench(3).receive(prePrepare(1, [request(1)]));

  it('has the vote sent to all, again and again, and the collector accused once', () => {
    const bench = quiet(voted()).fire(CERTIFICATE).fire(CERTIFICATE);
    expect(bench.sent('vote')).toMatchObject([
      { to: { kind: 'all' }, message: { attempt: 1 } },
      { to: { kind: 'all' }, message: { attempt: 2 } },
    ]);
    expect(bench.of('evidence')).toHaveLength(1);
    expect(bench.of('set-timer').filter(({ timer }) => timer === CERTIFICATE)).toHaveLength(2);
  });

  it.each<[string, () => Bench, Partial<typeof CERTIFICATE> | { phase: 'commit' }]>([
    ['the slot is not in memory', () => new Bench(1), {}],
    ['the certificate is here', () => voted().receive(certified('prepare', BATCH)), {}],
    ['the replica has not voted', voted, { phase: 'commit' }],
    ['the replica left the view', () => voted().leaveView(), {}],
    ['the next view has begun', () => voted().enterView(SLOT_IN_VIEW_ONE), {}],
    [
      'the vote is of an earlier view',
      () => voted().enterView(SLOT_IN_VIEW_ONE),
      { view: 1 as never },
    ],
  ])('has nothing done when %s', (_, before, overrides) => {
    const bench = quiet(before()).fire({ ...CERTIFICATE, ...overrides });
    expect(bench.effects).toEqual([]);
  });
});

describe('a batch that does not come in time', () => {
  const askedFor = (bench: Bench) =>
    bench.sent('fetch').map(({ to, message }) => ({ to, message }));
  const from = (id: number, digest = BATCH) => ({
    to: { kind: 'replica', id },
    message: { digest },
  });

  /** It lacks the proposal, which f + 1 others name. */
  function named(sequence = 1): Bench {
    const bench = new Bench(1);
    for (const replica of [2, 3]) {
      bench.receive(vote('prepare', replica, BATCH, { attempt: 1, sequence }));
    }
    expect(bench.sent('fetch')).toHaveLength(1);
    return quiet(bench);
  }

  it('is asked of each other replica in turn while its proposal waits for it', () => {
    const bench = quiet(new Bench(1).receive(prePrepare(1, [request(1)], false)));
    bench.fire(FETCH).fire(FETCH).fire(FETCH);
    expect(askedFor(bench)).toMatchObject([from(3), from(0), from(2)]);
  });

  it('is asked of each other replica in turn when f + 1 reminders named it', () => {
    expect(askedFor(named().fire(FETCH).fire(FETCH))).toMatchObject([from(3), from(0)]);
  });

  it('is asked of those alone who signed its decision, once it is decided', () => {
    const signers = [1, 2, 3].map((replica) => ({ replica, digest: BATCH }));
    const bench = quiet(new Bench(1).receive(certificate('commit', signers)));
    bench.fire(FETCH).fire(FETCH).fire(FETCH);
    expect(askedFor(bench)).toMatchObject([from(2), from(3), from(2)]);
  });

  it.each<[string, () => Bench, object]>([
    ['the slot is not in memory', () => new Bench(1), {}],
    ['nothing is fetched for the slot', () => new Bench(1).receive(vote('prepare', 2, BATCH)), {}],
    ['another batch is fetched for the slot', named, { digest: 'batch(r2)' }],
    ['it has come', () => named(2).receive(decision(2, [request(1)])), { sequence: 2 }],
    ['another one was decided', () => named(2).receive(decision(2)), { sequence: 2 }],
  ])('is not asked for when %s', (_, before, overrides) => {
    expect(quiet(before()).fire({ ...FETCH, ...overrides }).effects).toEqual([]);
  });
});

describe('a timer of a view', () => {
  it('has nobody reminded of a waiting request when that view is over', () => {
    const bench = quiet(new Bench(2).receive(request(1)).enterView());
    bench.fire({ kind: 'request', view: 0 });
    expect(bench.effects).toEqual([]);
    bench.fire({ kind: 'request', view: 1 });
    expect(bench.sent('request')).toMatchObject([{ to: { kind: 'replica', id: 1 } }]);
  });
});

describe('a checkpoint that does not become stable in time', () => {
  it('has the vote for it sent to all', () => {
    const tuning = { checkpointInterval: 1 };
    const bench = new Bench(1, 'ccro', 'done', { tuning }).receive(decision(1));
    const checkpoints = () =>
      bench
        .sent('vote')
        .filter(({ message }) => 'phase' in message && message.phase === 'checkpoint');
    expect(checkpoints()).toMatchObject([{ to: { kind: 'replica', id: 3 } }]);
    bench.fire({ kind: 'checkpoint', sequence: 1, attempt: 0 });
    expect(checkpoints()[1]).toMatchObject({ to: { kind: 'all' }, message: { attempt: 1 } });
    expect(bench.of('set-timer').at(-1)?.timer).toMatchObject({ kind: 'checkpoint', attempt: 1 });
  });
});
