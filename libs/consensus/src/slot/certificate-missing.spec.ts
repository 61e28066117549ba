import { describe, expect, it } from 'vitest';
import { Bench, certified, prePrepare, request, vote } from '../replica-bench.testkit.js';

const BATCH = 'batch(r1)';
const ALL = { kind: 'all' };

/** `replica` lacks the prepare certificate of the first slot. */
const reminder = (replica: number, view = 0) =>
  vote('prepare', replica, BATCH, { attempt: 1, view });

const TIME = { kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' } as const;

const votesSent = (bench: Bench) =>
  bench.sent('vote').map(({ to, message }) => ({ to, ...('phase' in message && message) }));

describe('votes and certificates that are sent again because f + 1 lack a certificate', () => {
  it('are those of the present view', () => {
    const bench = new Bench(3).receive(prePrepare(1, [request(1)]));
    // It has voted in both phases of view 0, and in view 1 to prepare alone.
    bench.receive(certified('prepare', BATCH)).enterView({ sequence: 1, digest: BATCH });
    bench.receive({ ...prePrepare(1, [request(1)]), view: 1, replica: 1, collector: 2 });
    bench.effects = [];
    for (const replica of [0, 2]) bench.receive(reminder(replica, 1));
    expect(votesSent(bench)[0]).toMatchObject({ to: ALL, phase: 'prepare', view: 1 });
    expect(votesSent(bench).filter((each) => 'view' in each && each.view === 0)).toEqual([]);
    expect(bench.sent('certificate').map(({ message }) => message)).not.toContainEqual(
      certified('prepare', BATCH),
    );
  });

  it('go to others: this replica may be one of those that lack one', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.receive(certified('prepare', BATCH), 'direct');
    bench.fire({ ...TIME, phase: 'commit' });
    bench.receive(reminder(3));
    expect(bench.sent('certificate')).toEqual([
      { kind: 'send', to: { kind: 'replica', id: 3 }, message: certified('prepare', BATCH) },
    ]);
  });

  it('are not sent for less: one replica that says so twice, or after the certificate went to all', () => {
    const bench = new Bench(1).receive(prePrepare(1, [request(1)]));
    bench.receive(reminder(3)).receive(reminder(3));
    expect(votesSent(bench).map(({ to }) => to)).not.toContainEqual(ALL);
    bench.receive(certified('prepare', BATCH)).receive(reminder(0));
    expect(votesSent(bench).map(({ to }) => to)).not.toContainEqual(ALL);
    expect(votesSent(bench)).toMatchObject([{ phase: 'prepare' }, { phase: 'commit' }]);
  });
});

describe('a pre-prepare that may be why no certificate comes', () => {
  const shown = (bench: Bench) => bench.sent('pre-prepare').map(({ to, message }) => [to, message]);

  it('is sent by its primary again, as often as the vote, with its requests', () => {
    const bench = new Bench(0).receive(prePrepare(1, [request(1)]), 'self');
    bench.effects = [];
    bench.fire(TIME).fire(TIME);
    const again = [ALL, prePrepare(1, [request(1)])];
    expect(shown(bench)).toEqual([again, again]);
  });

  it('is shown once by a backup that knows of votes for another one, and by no other', () => {
    const bench = new Bench(1)
      .receive(prePrepare(1, [request(1)]))
      .receive(vote('prepare', 2, BATCH));
    expect(shown(bench.fire(TIME))).toEqual([]);
    bench
      .receive(vote('prepare', 3, 'batch(r2)'))
      .fire(TIME)
      .fire(TIME);
    expect(shown(bench)).toEqual([[ALL, prePrepare(1, [request(1)])]]);
  });
});
