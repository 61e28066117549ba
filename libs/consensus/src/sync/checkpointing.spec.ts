import { describe, expect, it } from 'vitest';
import type { Vote } from '../messages/index.js';
import { Bench, certified, decision, request, status, vote } from '../replica-bench.testkit.js';

const INTERVAL = 2;
const TUNING = { checkpointInterval: INTERVAL, windowSlots: 4 };
const ALL = { kind: 'all' };

/** Replica `self`, which has executed the first slots. */
function executed(slots: number, self = 1, mode: 'pbft' | 'ccro' = 'ccro'): Bench {
  const bench = new Bench(self, mode, 'done', { tuning: TUNING });
  for (let sequence = 1; sequence <= slots; sequence += 1) bench.receive(decision(sequence));
  return bench;
}

/** The state that every replica has after the slot at `sequence`. */
function digestAfter(sequence: number): string {
  const said = votes(executed(sequence)).find((each) => each.message.sequence === sequence);
  return said?.message.digest ?? '';
}

const DIGEST = digestAfter(INTERVAL);

const stable = (sequence = INTERVAL, digest = DIGEST) => ({
  ...certified('checkpoint', digest),
  sequence,
});

function votes(bench: Bench) {
  return bench.sent('vote').flatMap(({ to, message }) => {
    const each = message as Vote;
    return each.phase === 'checkpoint' ? [{ to, message: each }] : [];
  });
}

const checkpointVote = (replica: number, overrides: Partial<Vote> = {}) =>
  vote('checkpoint', replica, DIGEST, { sequence: INTERVAL, ...overrides });

function checkpointTimers(bench: Bench) {
  return bench.of('set-timer').filter(({ timer }) => timer.kind === 'checkpoint');
}

function quiet(bench: Bench): Bench {
  bench.effects = [];
  return bench;
}

describe('a checkpoint that is due', () => {
  it('is stored, and voted for at who gathers the votes on it, every so many slots', () => {
    const bench = executed(1);
    expect(votes(bench)).toEqual([]);
    expect(bench.stored().filter(({ kind }) => kind === 'checkpoint')).toEqual([]);
    bench.receive(decision(2)).receive(decision(3)).receive(decision(4));
    expect(votes(bench)).toMatchObject([
      { to: { kind: 'replica', id: 3 }, message: { sequence: 2, view: 0, attempt: 0 } },
      { to: { kind: 'replica', id: 0 }, message: { sequence: 4, view: 0, attempt: 0 } },
    ]);
    const records = bench.stored().filter((each) => each.kind === 'checkpoint');
    expect(records).toMatchObject([
      { sequence: 2, changes: [{}, { name: 'state/log' }] },
      { sequence: 4, changes: [{}, { name: 'state/log' }] },
    ]);
    const own = bench.stored().filter((each) => each.kind === 'voted');
    expect(own).toMatchObject([{ phase: 'checkpoint', sequence: 2, digest: DIGEST }, {}]);
    expect(checkpointTimers(bench)[0]).toMatchObject({ timer: { attempt: 0 }, afterMs: 400 });
  });

  it('is voted for at everybody in PBFT', () => {
    expect(votes(executed(2, 1, 'pbft'))).toMatchObject([{ to: ALL }]);
  });

  it('is stored but not voted for any more when it is stable already', () => {
    const bench = executed(0).receive(stable()).receive(decision(1)).receive(decision(2));
    expect(bench.stored()).toContainEqual(expect.objectContaining({ kind: 'checkpoint' }));
    expect(bench.stored().filter(({ kind }) => kind === 'voted')).toEqual([]);
    expect(votes(bench)).toEqual([]);
  });

  it('is voted for again, at everybody and less and less often, until it is stable', () => {
    const bench = quiet(executed(2));
    bench.fire({ kind: 'checkpoint', sequence: 2, attempt: 0 });
    expect(votes(bench)).toMatchObject([{ to: ALL, message: { attempt: 1, digest: DIGEST } }]);
    expect(checkpointTimers(bench)).toMatchObject([{ timer: { attempt: 1 }, afterMs: 800 }]);
    quiet(bench.receive(stable())).fire({ kind: 'checkpoint', sequence: 2, attempt: 1 });
    expect(bench.effects).toEqual([]);
  });

  it('is not voted for by who has not come so far', () => {
    const bench = quiet(executed(2)).fire({ kind: 'checkpoint', sequence: 4, attempt: 0 });
    expect(bench.effects).toEqual([]);
  });
});

describe('a vote on a checkpoint', () => {
  it.each([
    ['it is not on one that is due', { sequence: 3 }],
    ['it names a view', { view: 1 }],
    ['it lies outside of the window', { sequence: 6 }],
  ])('is refused when %s', (_, overrides) => {
    const said = checkpointVote(2, overrides);
    const bench = executed(0).receive(said);
    expect(bench.rejects()).toEqual(['outside-watermarks']);
    expect(bench.replica.vote(said)).toBeUndefined();
  });

  it('convicts whoever signed another one, and then counts as it was first', () => {
    const bench = executed(0).receive(checkpointVote(2)).receive(checkpointVote(2));
    expect(bench.rejects()).toEqual([]);
    const other = checkpointVote(2, { digest: 'other' });
    bench.receive(other);
    expect(bench.rejects()).toEqual(['conflicting-vote']);
    expect(bench.of('evidence')).toMatchObject([
      { evidence: { kind: 'conflicting-votes', accused: 2, votes: [{ digest: DIGEST }, other] } },
    ]);
  });

  it('makes it stable as one of a quorum; who gathers them tells all', () => {
    for (const self of [1, 3]) {
      const bench = executed(0, self).receive(checkpointVote(2)).receive(checkpointVote(2));
      bench.receive(checkpointVote(1, { digest: 'other' })).receive(checkpointVote(0));
      expect(bench.replica.status().stableCheckpoint).toBe(0);
      bench.receive(checkpointVote(3));
      expect(bench.replica.status()).toMatchObject({ stableCheckpoint: 2, lowWatermark: 2 });
      const proof = { signers: [0, 2, 3] };
      const published = bench.sent('certificate');
      expect(published).toMatchObject(self === 3 ? [{ to: ALL, message: { proof } }] : []);
      const progress = bench.of('progress').map((each) => each.progress);
      expect(progress).toEqual([{ kind: 'stable-checkpoint', sequence: 2 }]);
      expect(bench.stored()).toMatchObject([{ kind: 'certified', certificate: { proof } }]);
    }
  });

  it.each([
    ['is answered with the certificate when it reminds', 2, 1],
    ['is left to others to answer in their turn', 1, 0],
    ['is late when it comes for the first time', 0, 0],
  ])('on a stable one %s', (_, attempt, answers) => {
    const bench = quiet(executed(2).receive(stable())).receive(checkpointVote(3, { attempt }));
    const sent = { kind: 'send', to: { kind: 'replica', id: 3 }, message: stable() };
    expect(bench.effects).toEqual(answers === 1 ? [sent] : []);
  });
});

describe('a stable checkpoint', () => {
  it('is taken once', () => {
    const bench = quiet(executed(2).receive(stable())).receive(stable());
    expect(bench.effects).toEqual([]);
  });

  it('is not replaced by an earlier one', () => {
    const bench = quiet(executed(0).receive(stable(4, 'any'))).receive(stable());
    expect(bench.effects).toEqual([]);
    expect(bench.replica.status().stableCheckpoint).toBe(4);
  });

  it('has a primary that has not come so far propose above it', () => {
    const bench = executed(0, 0).receive(status(1)).receive(status(2)).receive(stable());
    bench.receive(request(1));
    expect(bench.sent('pre-prepare')).toMatchObject([{ message: { sequence: 3 } }]);
  });

  it('leaves the number that a primary proposes next, where that is higher', () => {
    const tuning = { ...TUNING, maxBatchRequests: 1 };
    const bench = new Bench(0, 'ccro', 'done', { tuning });
    bench.receive(status(1)).receive(status(2));
    for (const timestamp of [1, 2, 3, 4, 5]) bench.receive(request(timestamp));
    const proposed = () =>
      bench.sent('pre-prepare').map(({ message }) => 'sequence' in message && message.sequence);
    // There is no room in the window for more.
    expect(proposed()).toEqual([1, 2, 3, 4]);
    bench.receive(stable());
    expect(proposed()).toEqual([1, 2, 3, 4, 5]);
  });

  it('is shown to who has not come so far, as often as its budget allows', () => {
    const certificates = (bench: Bench) => bench.sent('certificate').length;
    const bench = executed(2).receive(status(0));
    expect(certificates(bench)).toBe(0);
    bench.receive(stable()).receive(status(0, { lastExecuted: 2 }));
    expect(certificates(bench)).toBe(0);
    bench.receive(status(0, { lastExecuted: 1 }));
    expect(certificates(bench)).toBe(1);
    for (let times = 0; times < 3000; times += 1) bench.receive(status(0, { lastExecuted: 1 }));
    expect(certificates(bench)).toBeLessThan(2100);
  });
});
