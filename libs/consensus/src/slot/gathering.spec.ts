import { describe, expect, it } from 'vitest';
import type { Certificate, SlotCertificate, Verified } from '../messages/index.js';
import { InvariantViolation } from '../model/invariants.js';
import {
  Bench,
  certified,
  prePrepare,
  replicaState,
  request,
  vote,
} from '../replica-bench.testkit.js';
import { applyCertificate } from './voting.js';

const BATCH = 'batch(r1)';

/** A replica that accepted a proposal (node 2 is its collector), with the prepare votes of `voters`. */
function gathering(bench: Bench, voters: readonly number[]): Bench {
  bench.receive(prePrepare(1, [request(1)]));
  for (const replica of voters) bench.receive(vote('prepare', replica, BATCH));
  return bench;
}

describe('who makes a certificate', () => {
  it('goes on gathering and is named again, if it is the collector', () => {
    const tuning = { fastPath: false };
    const bench = gathering(new Bench(2, 'ccro', 'done', { tuning }), [0, 1]);
    expect(bench.sent('certificate')).toHaveLength(1);
    expect(bench.sent('vote').at(-1)).toMatchObject({
      to: { kind: 'replica', id: 2 },
      message: { phase: 'commit' },
    });
    expect(bench.replica.status().collector).toBe(2);
  });

  it('says of no slot in PBFT that it went without its collector', () => {
    const bench = gathering(new Bench(1, 'pbft'), [0, 2]);
    for (const replica of [0, 2]) bench.receive(vote('commit', replica, BATCH));
    expect(bench.of('executed')).toMatchObject([{ slot: { sequence: 1, fellBack: false } }]);
  });

  it('says so in CCRO of one that others have certified without it', () => {
    const bench = gathering(new Bench(1), [0, 2, 3]);
    for (const replica of [0, 2]) bench.receive(vote('commit', replica, BATCH));
    expect(bench.of('executed')).toMatchObject([{ slot: { sequence: 1, fellBack: true } }]);
  });

  it('takes a quorum of all n votes on a slot that fell back while the collector waited for them', () => {
    const bench = gathering(new Bench(2).hearAll(), [0, 1]);
    expect(bench.sent('certificate')).toEqual([]);
    bench.fire({ kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' });
    bench.receive(vote('prepare', 3, BATCH));
    const made = bench.sent('certificate').map(({ message }) => message as Certificate);
    expect(made).toMatchObject([{ phase: 'prepare' }]);
    expect(made[0]?.proof.signers).toHaveLength(3);
    expect(bench.executed).toEqual([]);
  });
});

describe('a slot that was prepared in an earlier view', () => {
  /** Replica 3, whose first slot is proposed again in view 1. */
  function proposedAgain(mode: 'pbft' | 'ccro'): Bench {
    const bench = new Bench(3, mode).receive(certified('prepare', BATCH));
    bench.enterView({ sequence: 1, digest: BATCH });
    return bench.receive({ ...prePrepare(1, [request(1)]), view: 1, replica: 1 });
  }
  const committed = (bench: Bench) =>
    bench.sent('vote').filter(({ message }) => 'phase' in message && message.phase === 'commit');

  it('is prepared again, by the votes of this view', () => {
    const bench = proposedAgain('pbft');
    for (const replica of [0, 2]) bench.receive(vote('prepare', replica, BATCH, { view: 1 }));
    expect(committed(bench).at(-1)?.message).toMatchObject({ view: 1, digest: BATCH });
  });

  it('is prepared again, by the certificate of this view, whose delay is like any other', () => {
    const bench = proposedAgain('ccro').pass(60);
    bench.receive({ ...certified('prepare', BATCH), view: 1 });
    expect(committed(bench).at(-1)?.message).toMatchObject({ view: 1, digest: BATCH });
    bench.receive({ ...prePrepare(2, [request(2)]), view: 1, replica: 1 });
    expect(bench.of('set-timer').at(-1)).toMatchObject({ timer: { sequence: 2 }, afterMs: 180 });
  });

  it('stops the replica if it would go on with what another view prepared', () => {
    const other = { ...certified('prepare', BATCH), view: 1 } as Verified<SlotCertificate>;
    const apply = () => {
      const state = replicaState(1);
      applyCertificate(state, state.window.open(1), other);
    };
    expect(apply).toThrow(InvariantViolation);
    expect(apply).toThrow(/certificates.*preparing in view 1 at 1, in view 0/);
  });
});
