import { describe, expect, it } from 'vitest';
import type {
  Certificate,
  PrePrepare,
  SlotCertificate,
  SlotVote,
  Verified,
  Vote,
} from '../messages/index.js';
import type { Restored } from '../model/durable.js';
import { InvariantViolation } from '../model/invariants.js';
import {
  Bench,
  certificate,
  certified,
  prePrepare,
  replicaState,
  request,
  status,
  vote,
} from '../replica-bench.testkit.js';
import { toCollector } from '../routing/collector.js';
import {
  assembleCertificate,
  castVote,
  checkAgreement,
  publishIfGatherer,
  sendVote,
} from './voting.js';

const BATCH = 'batch(r1)';
const CERTIFICATE = { kind: 'certificate', view: 0, sequence: 1, phase: 'prepare' } as const;
const STRAGGLERS = { kind: 'stragglers', view: 0, sequence: 1 } as const;

function proposal(sequence: number, overrides: Partial<PrePrepare> = {}): PrePrepare {
  return { ...prePrepare(sequence, [request(sequence)]), ...overrides };
}

function votes(bench: Bench): Partial<Vote>[] {
  return bench.sent('vote').map(({ message }) => message as Partial<Vote>);
}

function certificates(bench: Bench): Certificate[] {
  return bench.sent('certificate').map(({ message }) => message as Certificate);
}

/** Milliseconds that the timers of this kind were set for, in order. */
function waits(bench: Bench, kind: string): number[] {
  return bench
    .of('set-timer')
    .flatMap(({ timer, afterMs }) => (timer.kind === kind ? afterMs : []));
}

function cancelled(bench: Bench): object[] {
  return bench.of('cancel-timer').map(({ timer }) => timer);
}

describe('casting a vote', () => {
  it('stores what is voted for, sends it, and waits for the certificate', () => {
    const bench = new Bench(1).receive(proposal(1));
    const voted = { phase: 'prepare', view: 0, sequence: 1, digest: BATCH } as const;
    expect(bench.stored().at(-1)).toEqual({ kind: 'voted', ...voted });
    expect(votes(bench)).toEqual([{ kind: 'vote', ...voted, replica: 1, attempt: 0 }]);
    expect(bench.of('set-timer')).toEqual([
      { kind: 'set-timer', timer: CERTIFICATE, afterMs: 200 },
    ]);
  });

  it('is refused between views', () => {
    const state = replicaState(1);
    state.active = false;
    const cast = () => {
      castVote(state, state.window.open(1), 'prepare', BATCH);
    };
    expect(cast).toThrow(InvariantViolation);
    expect(cast).toThrow(/no-equivocation.*view 0/);
    expect(state.takeEffects()).toEqual([]);
  });

  it('sends nothing where none was cast', () => {
    const state = replicaState(1);
    sendVote(state, state.window.open(1), 'prepare');
    expect(state.takeEffects()).toEqual([]);
  });

  it('A8, sibling: tells the collector in reminders, but as primary in none', () => {
    const primary = new Bench(0).receive(proposal(1), 'self').fire(CERTIFICATE);
    expect(votes(primary)).toMatchObject([{ attempt: 0 }, { attempt: 1 }]);
    for (const each of votes(primary)) expect(each).not.toHaveProperty('collector');
    const inPbft = new Bench(1, 'pbft').receive(proposal(1)).fire(CERTIFICATE);
    expect(votes(inPbft)[1]).not.toHaveProperty('collector');
  });
});

describe('a certificate that this replica makes', () => {
  it('holds exactly a quorum of signers, ascending, however many voted', () => {
    const bench = new Bench(3, 'ccro', 'done', { tuning: { n: 7 } }).hearAll();
    bench.receive(proposal(1, { collector: 3 }));
    for (const replica of [6, 5, 0, 4]) bench.receive(vote('prepare', replica, BATCH));
    expect(certificates(bench)).toEqual([]);
    bench.receive(vote('prepare', 2, BATCH)).fire(STRAGGLERS);
    expect(certificates(bench)).toMatchObject([{ proof: { signers: [0, 3, 4, 5, 6] } }]);
  });

  it('is made once: later votes of its phase add nothing', () => {
    const bench = new Bench(1, 'pbft').receive(proposal(1));
    for (const replica of [0, 2]) bench.receive(vote('prepare', replica, BATCH));
    expect(bench.stored().filter(({ kind }) => kind === 'certified')).toHaveLength(1);
    const before = bench.effects.length;
    bench.receive(vote('prepare', 3, BATCH));
    expect(bench.effects).toHaveLength(before);
  });

  it('is not even assembled again, which costs the check of its signatures', () => {
    const state = replicaState(1);
    const slot = state.window.open(1);
    const { certificates: assembler } = state.dependencies;
    let assembled = 0;
    const counting: typeof assembler = {
      assemble: (signed) => {
        assembled += 1;
        return assembler.assemble(signed);
      },
    };
    Object.assign(state.dependencies, { certificates: counting });
    for (const replica of [0, 2, 3, 1]) {
      slot.addVote(vote('prepare', replica, BATCH) as Verified<SlotVote>);
      assembleCertificate(state, slot, 'prepare', 0, BATCH);
    }
    expect(assembled).toBe(1);
  });

  it('is of a quorum in the second round, though all n votes are here', () => {
    const state = replicaState(2);
    Object.assign(state.dependencies, { router: toCollector });
    const slot = state.window.open(1);
    slot.inView.proposal = { prePrepare: proposal(1), batch: [request(1)] };
    for (const replica of [0, 1, 2, 3]) {
      slot.addVote(vote('commit', replica, BATCH) as Verified<SlotVote>);
    }
    assembleCertificate(state, slot, 'commit', 0, BATCH);
    expect(slot.certificate('commit')?.proof.signers).toEqual([0, 1, 2]);
  });

  it('is not made of a slot that is decided, or of too few votes', () => {
    const bench = new Bench(1, 'pbft').receive(proposal(1)).receive(certified('commit', BATCH));
    expect(bench.executed).toEqual(['op']);
    const before = bench.effects.length;
    for (const replica of [0, 2, 3]) bench.receive(vote('prepare', replica, BATCH));
    expect(bench.effects).toHaveLength(before);
    // Decided, but its batch is not here.
    const waiting = new Bench(1, 'pbft').receive(certified('commit', BATCH));
    waiting.effects = [];
    for (const replica of [0, 2, 3]) waiting.receive(vote('prepare', replica, BATCH));
    expect(waiting.effects).toEqual([]);
    const few = new Bench(1, 'pbft').receive(proposal(1)).receive(vote('prepare', 0, BATCH));
    expect(few.stored().map(({ kind }) => kind)).toEqual(['accepted', 'voted']);
  });

  it('is not of all n where every replica gathers, or on a slot that fell back', () => {
    const inPbft = new Bench(1, 'pbft');
    for (const replica of [0, 2, 3]) inPbft.receive(vote('prepare', replica, BATCH));
    inPbft.receive(proposal(1));
    expect(inPbft.executed).toEqual([]);
    const bench = new Bench(2).receive(proposal(1)).receive(vote('prepare', 0, BATCH));
    bench.fire(CERTIFICATE).receive(vote('prepare', 1, BATCH));
    expect(certificates(bench)).toMatchObject([{ proof: { signers: [0, 1, 2] } }]);
    expect(waits(bench, 'stragglers')).toEqual([]);
  });

  it('is of a quorum at once where the fast path is off', () => {
    const bench = new Bench(2, 'ccro', 'done', { tuning: { fastPath: false } });
    bench.receive(proposal(1));
    for (const replica of [0, 1]) bench.receive(vote('prepare', replica, BATCH));
    expect(certificates(bench)).toMatchObject([{ proof: { signers: [0, 1, 2] } }]);
    bench.receive(vote('prepare', 3, BATCH));
    expect(bench.executed).toEqual([]);
    expect(waits(bench, 'stragglers')).toEqual([]);
  });
});

describe('a collector that waits for the votes of all', () => {
  function collecting(
    voters: readonly number[],
    sequence = 1,
    bench = new Bench(2).hearAll(),
  ): Bench {
    bench.receive(proposal(sequence));
    const digest = `batch(r${sequence})`;
    for (const replica of voters) bench.receive(vote('prepare', replica, digest, { sequence }));
    return bench;
  }

  it('does not wait while some have never said anything, be it a vote', () => {
    const bench = new Bench(2)
      .receive(status(1))
      .receive({ ...certified('prepare', 'x'), sequence: 9 });
    collecting([0, 1], 1, bench);
    expect(waits(bench, 'stragglers')).toEqual([]);
    expect(certificates(bench)).toMatchObject([{ proof: { signers: [0, 1, 2] } }]);
    bench.receive(vote('prepare', 3, BATCH));
    collecting([0, 1], 2, bench);
    expect(waits(bench, 'stragglers')).toHaveLength(1);
    expect(certificates(bench)).toHaveLength(1);
  });

  it('sets the time for it once, and ends it when all have voted', () => {
    const bench = new Bench(3, 'ccro', 'done', { tuning: { n: 7 } }).hearAll();
    bench.receive(proposal(1, { collector: 3 }));
    for (const replica of [0, 1, 2, 4, 5]) bench.receive(vote('prepare', replica, BATCH));
    // 6 ms in a cluster of four.
    expect(waits(bench, 'stragglers')).toEqual([10.5]);
    expect(cancelled(bench)).not.toContainEqual(STRAGGLERS);
    bench.receive(vote('prepare', 6, BATCH));
    expect(cancelled(bench)).toContainEqual(STRAGGLERS);
    expect(bench.executed).toEqual(['op']);
  });

  it('sets none where a quorum is all', () => {
    const bench = new Bench(1, 'ccro', 'done', { tuning: { n: 2 } });
    bench.receive(proposal(1, { collector: 1 })).receive(vote('prepare', 0, BATCH));
    expect(waits(bench, 'stragglers')).toEqual([]);
    expect(certificates(bench)).toMatchObject([{ proof: { signers: [0, 1] } }]);
  });

  it('waits from then on as long as the last ones usually take after the quorum', () => {
    const bench = collecting([0, 1], 1, new Bench(2).hearAll().pass(100));
    bench.pass(1).receive(vote('prepare', 3, BATCH));
    collecting([0, 1], 2, bench);
    // 1 ms, and four times its deviation of 0.5 ms.
    expect(waits(bench, 'stragglers')).toEqual([6, 3]);
  });

  it('learns of those that came too late, from prepare votes alone', () => {
    const bench = collecting([0, 1]).fire(STRAGGLERS, 0);
    bench.receive(vote('commit', 3, BATCH));
    expect(cancelled(bench)).not.toContainEqual(STRAGGLERS);
    bench.receive(vote('prepare', 3, 'another'));
    collecting([0, 1], 2, bench).receive(vote('prepare', 3, 'batch(r2)', { sequence: 2 }));
    expect(cancelled(bench)).toContainEqual({ ...STRAGGLERS, sequence: 2 });
    expect(cancelled(bench)).not.toContainEqual(STRAGGLERS);
    expect(waits(bench, 'stragglers')).toEqual([6, 6]);
    collecting([0, 1], 3, bench);
    expect(waits(bench, 'stragglers')).toEqual([6, 6, 1]);
  });

  it('learns of them once, whatever votes follow', () => {
    const bench = collecting([0, 1])
      .fire(STRAGGLERS)
      .receive(vote('prepare', 3, BATCH));
    bench.receive(vote('commit', 3, BATCH)).receive(vote('commit', 0, BATCH));
    const isIt = (timer: object) => JSON.stringify(timer) === JSON.stringify(STRAGGLERS);
    expect(cancelled(bench).filter(isIt)).toHaveLength(1);
  });

  it('does not wait in the second round', () => {
    const bench = collecting([0, 1]).receive(certified('prepare', BATCH));
    for (const replica of [0, 1]) bench.receive(vote('commit', replica, BATCH));
    expect(bench.executed).toEqual(['op']);
  });

  it('goes on waiting when the time of an earlier view is up', () => {
    const bench = new Bench(3).enterView();
    bench.receive(proposal(1, { view: 1, replica: 1, collector: 3 }));
    for (const replica of [0, 1]) bench.receive(vote('prepare', replica, BATCH, { view: 1 }));
    expect(bench.of('set-timer').map(({ timer }) => timer)).toContainEqual({
      ...STRAGGLERS,
      view: 1,
    });
    bench.fire(STRAGGLERS);
    const other = vote('prepare', 2, 'another', { view: 1 });
    expect(bench.replica.voteDemand(other)).toMatchObject({ enough: 4 });
  });

  it.each([
    ['decided', 'commit' as const],
    ['certified', 'prepare' as const],
  ])('does not count as waits in vain those of slots that were %s meanwhile', (_, phase) => {
    const bench = new Bench(2).hearAll();
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      collecting([0, 1], sequence, bench);
      bench.receive({ ...certified(phase, `batch(r${sequence})`), sequence });
      bench.fire({ ...STRAGGLERS, sequence });
    }
    expect(waits(bench, 'stragglers')).toHaveLength(4);
  });

  it('does not notice votes of all where it never waited', () => {
    const bench = new Bench(1).receive(proposal(1));
    for (const replica of [0, 2, 3]) bench.receive(vote('prepare', replica, BATCH));
    expect(cancelled(bench)).not.toContainEqual(STRAGGLERS);
  });

  it.each<[string, (bench: Bench) => Bench]>([
    ['is certified', (bench) => bench.receive(vote('prepare', 3, BATCH))],
    ['has a certificate from elsewhere', (bench) => bench.receive(certified('prepare', BATCH))],
    ['is decided', (bench) => bench.receive(certified('commit', BATCH))],
    ['is of a view that was left', (bench) => bench.leaveView()],
    ['is of an earlier view', (bench) => bench.enterView()],
  ])('does nothing when the time of a slot is up that %s', (_, happens) => {
    const bench = happens(collecting([0, 1]));
    bench.effects = [];
    bench.fire(STRAGGLERS);
    expect(bench.effects).toEqual([]);
  });

  it('does nothing for slots whose quorum has not voted, or that it has not heard of', () => {
    const bench = collecting([0]);
    bench.effects = [];
    bench.fire(STRAGGLERS).fire({ ...STRAGGLERS, sequence: 9 });
    expect(bench.effects).toEqual([]);
  });

  it('counts as waits in vain only those of slots that it certifies late', () => {
    const bench = new Bench(2).hearAll();
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      collecting([0, 1, 3], sequence, bench).fire({ ...STRAGGLERS, sequence });
    }
    collecting([0, 1], 5, bench);
    expect(waits(bench, 'stragglers')).toHaveLength(5);
  });
});

describe('publishing a certificate', () => {
  it('is done once', () => {
    const state = replicaState(2);
    Object.assign(state.dependencies, { router: toCollector });
    const slot = state.window.open(1);
    slot.inView.proposal = { prePrepare: proposal(1), batch: [request(1)] };
    const made = certified('prepare', BATCH) as SlotCertificate;
    publishIfGatherer(state, slot, made);
    publishIfGatherer(state, slot, made);
    expect(state.takeEffects()).toEqual([{ kind: 'send', to: { kind: 'all' }, message: made }]);
  });

  it('is up to the collector that the proposal names, once it is here', () => {
    const bench = new Bench(2).hearAll();
    for (const replica of [0, 1, 3]) bench.receive(vote('prepare', replica, BATCH));
    bench.fire(STRAGGLERS);
    expect(certificates(bench)).toEqual([]);
    const other = new Bench(1).receive(proposal(1));
    for (const replica of [0, 2, 3]) other.receive(vote('prepare', replica, BATCH));
    expect(other.stored().map(({ kind }) => kind)).toContain('certified');
    expect(certificates(other)).toEqual([]);
  });
});

describe('taking a certificate into account', () => {
  it('stores it, ends the wait for it and votes to commit its digest, once', () => {
    const bench = new Bench(1).receive(proposal(1));
    bench.effects = [];
    const prepared = certified('prepare', BATCH);
    bench.receive(prepared);
    expect(bench.stored()[0]).toEqual({ kind: 'certified', certificate: prepared });
    expect(cancelled(bench)).toEqual([CERTIFICATE]);
    expect(votes(bench)).toMatchObject([{ phase: 'commit', digest: BATCH }]);
    const before = bench.effects.length;
    bench.receive(prepared).receive(certificate('prepare', [1, 2, 3].map(signedBy)));
    expect(bench.effects).toHaveLength(before);
  });

  const signedBy = (replica: number) => ({ replica, digest: BATCH });

  it('ends no wait that there is not: this replica has not voted', () => {
    const bench = new Bench(1).receive(certified('prepare', BATCH));
    expect(cancelled(bench)).toEqual([]);
    const undecided = new Bench(1).receive(certified('commit', BATCH));
    expect(cancelled(undecided)).toEqual([]);
    expect(undecided.sent('fetch')).toHaveLength(1);
  });

  it('asks a signer for a batch that it decides and that is not here', () => {
    const bench = new Bench(1).receive(certified('commit', BATCH));
    const [fetch] = bench.sent('fetch');
    expect(fetch?.message).toMatchObject({ sequence: 1, digest: BATCH });
    expect([0, 2, 3]).toContain(fetch?.to.kind === 'replica' ? fetch.to.id : -1);
    const here = new Bench(1).receive(proposal(1)).receive(certified('commit', BATCH));
    expect(here.sent('fetch')).toEqual([]);
  });

  it('ends the waits of both phases once the slot is decided', () => {
    const bench = new Bench(1).receive(proposal(1)).receive(certified('prepare', BATCH));
    bench.effects = [];
    bench.receive({ ...certified('commit', BATCH), sequence: 1 });
    expect(cancelled(bench)).toContainEqual(CERTIFICATE);
    expect(cancelled(bench)).toContainEqual({ ...CERTIFICATE, phase: 'commit' });
    const fast = new Bench(1).receive(proposal(1)).receive(certified('prepare', BATCH));
    fast.effects = [];
    fast.receive(certificate('prepare', [0, 1, 2, 3].map(signedBy)));
    expect(cancelled(fast)).toContainEqual({ ...CERTIFICATE, phase: 'commit' });
  });

  it('changes nothing about a decided slot, and stores nothing of it', () => {
    const bench = new Bench(1).receive(certified('commit', BATCH));
    bench.effects = [];
    bench.receive(certified('prepare', BATCH)).receive(certified('commit', BATCH));
    expect(bench.stored()).toEqual([]);
    expect(votes(bench)).toEqual([]);
  });

  it('stores what decides an earlier view only if nothing newer is held', () => {
    const bench = new Bench(3).enterView({ sequence: 1, digest: BATCH });
    bench.receive({ ...certified('prepare', BATCH), view: 1 });
    bench.effects = [];
    bench.receive(certificate('prepare', [0, 1, 2, 3].map(signedBy)));
    expect(bench.stored().filter(({ kind }) => kind === 'certified')).toEqual([]);
    // It decides all the same.
    bench.receive({ ...certified('prepare', BATCH), view: 1 });
    expect(bench.sent('fetch')).toHaveLength(1);
  });

  it('is waited for no more in a slot that was decided on another batch', () => {
    const bench = new Bench(1).receive(proposal(1)).receive(certified('commit', 'batch(r2)'));
    expect(bench.replica.status().lastExecuted).toBe(0);
    bench.effects = [];
    bench.fire(CERTIFICATE);
    expect(bench.effects).toEqual([]);
  });

  it('stops the replica if it decides a slot a second time, and says which', () => {
    const state = replicaState(1);
    const slot = state.window.open(1);
    const decided = certified('commit', BATCH) as Verified<SlotCertificate>;
    slot.setCertificate(decided);
    const other = certified('commit', 'other') as SlotCertificate;
    expect(() => {
      checkAgreement(state, slot, other);
    }).toThrow(/agreement.*two decisions at sequence 1/);
    for (const fine of [decided, certified('prepare', 'other') as SlotCertificate]) {
      checkAgreement(state, slot, fine);
    }
    // Of a slot that is in memory no more nothing is known.
    checkAgreement(state, undefined, other);
  });

  it('after a restart casts no commit vote that was cast before', () => {
    const voted = { view: 0, sequence: 1, digest: BATCH };
    const restored: Restored = {
      ...{ view: 0, newView: null, viewChange: null, stable: null, snapshot: null },
      ...{ decisions: [], proposed: [], accepted: [], certificates: [] },
      votes: [
        { phase: 'prepare', ...voted },
        { phase: 'commit', ...voted },
      ],
    };
    const bench = new Bench(1, 'ccro', 'done', { restored }).start();
    bench.effects = [];
    bench.receive(certified('prepare', BATCH));
    expect(votes(bench)).toEqual([]);
    expect(bench.replica.status()).toMatchObject({ view: 0, active: true });
  });
});

describe('how long a certificate takes', () => {
  /** The wait for the certificate of the next slot. */
  function nextWait(bench: Bench, sequence = 100): number | undefined {
    return waits(bench.receive(proposal(sequence)), 'certificate').at(-1);
  }

  it('is learned from those that came in time, from the vote on', () => {
    const bench = new Bench(1).pass(1000).receive(proposal(1)).pass(60);
    bench.receive(certified('prepare', BATCH));
    expect(nextWait(bench)).toBe(180);
  });

  it('is not learned from slots that this replica has not voted on', () => {
    const bench = new Bench(1).pass(60).receive(certified('commit', BATCH));
    expect(nextWait(bench)).toBe(200);
  });

  it.each([
    ['published late, when several were in a row', 'ccro', true, 2000],
    ['made of votes that were broadcast, never', 'ccro', false, 200],
    ['H13, sibling: made late in PBFT, when several were in a row', 'pbft', false, 2000],
  ] as const)('is learned from those %s', (_, mode, isPublished, expected) => {
    const bench = new Bench(1, mode);
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      const digest = `batch(r${sequence})`;
      bench.receive(proposal(sequence));
      bench.fire({ ...CERTIFICATE, sequence }, 1000);
      if (isPublished) bench.receive({ ...certified('prepare', digest), sequence });
      for (const replica of isPublished ? [] : [0, 2]) {
        bench.receive(vote('prepare', replica, digest, { sequence }));
      }
      expect(votes(bench).at(-1)).toMatchObject({ phase: 'commit', sequence });
      if (sequence < 4) expect(nextWait(bench, 100 + sequence)).toBe(200);
    }
    expect(nextWait(bench)).toBe(expected);
  });

  it('H13, sibling: is learned from those that went to all when others had helped already', () => {
    const bench = new Bench(1);
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      const digest = `batch(r${sequence})`;
      const late = { ...certified('prepare', digest), sequence };
      bench.receive(proposal(sequence)).fire({ ...CERTIFICATE, sequence }, 250);
      for (const replica of [0, 2]) bench.receive(vote('prepare', replica, digest, { sequence }));
      bench.pass(150);
      expect(bench.replica.screen(late, 0, 'direct')).toBe('duplicate');
      expect(bench.replica.screen(late, 0, 'broadcast')).toBe('wanted');
      bench.receive(late);
      expect(bench.replica.screen(late, 0, 'broadcast')).toBe('duplicate');
    }
    expect(nextWait(bench)).toBe(3 * 400);
  });

  it('H13, sibling: is not learned from what view changes delay, nor twice from one slot', () => {
    const full = certificate(
      'prepare',
      [0, 1, 2, 3].map((replica) => ({ replica, digest: BATCH })),
    );
    const between = new Bench(3).receive(proposal(1)).leaveView(1).pass(5000).receive(full);
    expect(between.replica.status().lastExecuted).toBe(1);
    between.enterView().receive(proposal(2, { view: 1, replica: 1 }));
    expect(waits(between, 'certificate').at(-1)).toBe(200);
    const later = new Bench(3).receive(proposal(1)).enterView().pass(5000);
    later.receive({ ...certified('prepare', BATCH), view: 1 });
    later.receive(proposal(2, { view: 1, replica: 1 }));
    expect(waits(later, 'certificate').at(-1)).toBe(200);
    const twice = new Bench(1).receive(proposal(1)).pass(60);
    twice.receive(certified('prepare', BATCH)).pass(5000).receive(full);
    expect(nextWait(twice)).toBe(180);
  });
});
