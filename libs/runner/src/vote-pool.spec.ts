import { quorumSize, type RejectCode, type Verified, type Vote } from '@ccro/consensus';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VotePool, voteWaits } from './vote-pool.js';

const DIGEST = 'ab'.repeat(32);
const N = 7;
const QUORUM = quorumSize(N);
const WAITS = { quorum: 20, all: 4 };

function vote(replica: number, changes: Partial<Vote> = {}): Vote {
  const subject = { phase: 'prepare', view: 0, sequence: 1, digest: DIGEST } as const;
  return { kind: 'vote', ...subject, replica, attempt: 0, signature: `${replica}`, ...changes };
}

/** A pool with a core that counts, and signatures that hold when they are their replica's id. */
class PoolBench {
  readonly checked: (readonly Vote[])[] = [];
  readonly handedOn: Vote[] = [];
  readonly refused: { readonly code: RejectCode; readonly vote: Vote }[] = [];
  wantsAll = false;
  private nowMs = 0;
  private timers: { readonly at: number; readonly run: () => void }[] = [];

  readonly pool = new VotePool({
    n: N,
    waits: WAITS,
    clock: {
      now: () => this.nowMs,
      schedule: (afterMs, run) => {
        const timer = { at: this.nowMs + afterMs, run };
        this.timers.push(timer);
        return () => (this.timers = this.timers.filter((each) => each !== timer));
      },
    },
    verifier: {
      verifyVotes: (votes) => {
        if (votes.length > 0) this.checked.push(votes);
        return votes.map((each) =>
          each.signature === `${each.replica}` ? (each as Verified<Vote>) : 'bad-signature',
        );
      },
    },
    demand: ({ digest, sequence }) => {
      const known = this.handedOn
        .filter((each) => each.digest === digest && each.sequence === sequence)
        .map(({ replica }) => replica);
      const enough = this.wantsAll ? N : QUORUM;
      return known.length >= enough ? undefined : { known, quorum: QUORUM, enough };
    },
    isWanted: (each) => each.attempt > 0 || !this.handedOn.some((known) => same(known, each)),
    onVerified: (each) => this.handedOn.push(each),
    onRefused: (code, each) => this.refused.push({ code, vote: each }),
  });

  add(...votes: Vote[]): this {
    for (const each of votes) this.pool.add(each);
    return this;
  }

  pass(ms: number): this {
    const end = this.nowMs + ms;
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((each) => each !== next);
      this.nowMs = next.at;
      next.run();
    }
    this.nowMs = end;
    return this;
  }

  replicas(): number[] {
    return this.handedOn.map(({ replica }) => replica);
  }
}

const same = (a: Vote, b: Vote): boolean =>
  a.replica === b.replica && a.digest === b.digest && a.sequence === b.sequence;
const votesOf = (...replicas: number[]): Vote[] => replicas.map((replica) => vote(replica));

describe('votes that wait for each other', () => {
  it('are checked together once they are a quorum, and handed on one by one', () => {
    const bench = new PoolBench().add(...votesOf(0, 1, 2, 3));
    expect(bench.checked).toEqual([]);
    bench.add(vote(4));
    expect(bench.checked).toEqual([votesOf(0, 1, 2, 3, 4)]);
    expect(bench.replicas()).toEqual([0, 1, 2, 3, 4]);
    expect(bench.pool.waiting).toBe(0);
  });

  it('are not checked at all once there are enough', () => {
    const bench = new PoolBench().add(...votesOf(0, 1, 2, 3, 4, 5, 6)).pass(1000);
    expect(bench.checked).toEqual([votesOf(0, 1, 2, 3, 4)]);
    expect(bench.pool.waiting).toBe(0);
  });

  it('wait a moment for all where all are wanted', () => {
    const bench = new PoolBench();
    bench.wantsAll = true;
    bench.add(...votesOf(0, 1, 2, 3, 4)).pass(WAITS.all - 1);
    expect(bench.checked).toEqual([]);
    bench.add(...votesOf(5, 6));
    expect(bench.checked).toEqual([votesOf(0, 1, 2, 3, 4, 5, 6)]);

    const late = new PoolBench();
    late.wantsAll = true;
    late.add(...votesOf(0, 1, 2, 3, 4)).pass(WAITS.all);
    expect(late.checked).toEqual([votesOf(0, 1, 2, 3, 4)]);
    late.add(...votesOf(5, 6));
    expect(late.checked).toEqual([votesOf(0, 1, 2, 3, 4), votesOf(5, 6)]);
  });

  it('wait for the rest as long as the quorum took', () => {
    const bench = new PoolBench();
    bench.wantsAll = true;
    bench.add(vote(0)).pass(9);
    bench.add(...votesOf(1, 2, 3, 4)).pass(8);
    expect(bench.checked).toEqual([]);
    expect(bench.pass(1).checked).toEqual([votesOf(0, 1, 2, 3, 4)]);
  });

  it('count with the replica’s own vote, whenever that comes', () => {
    const bench = new PoolBench().add(...votesOf(1, 2, 3, 4));
    bench.handedOn.push(vote(0));
    bench.pool.onOwnVote(vote(0));
    expect(bench.replicas()).toEqual([0, 1, 2, 3, 4]);
  });

  it('never wait longer than for a quorum, each subject for itself', () => {
    const other = vote(2, { digest: 'cd'.repeat(32) });
    const bench = new PoolBench()
      .add(vote(1))
      .pass(5)
      .add(other)
      .pass(WAITS.quorum - 5);
    expect(bench.handedOn).toEqual([vote(1)]);
    expect(bench.pass(5).handedOn).toEqual([vote(1), other]);
  });

  it('that remind are handed on even if nothing is wanted of them', () => {
    const bench = new PoolBench().add(...votesOf(0, 1, 2, 3, 4));
    bench.add(vote(4, { attempt: 2 })).pass(WAITS.quorum);
    expect(bench.handedOn.at(-1)).toEqual(vote(4, { attempt: 2 }));
  });

  it('are not displaced by forged ones under their replica’s name', () => {
    const forged = vote(1, { signature: 'forged' });
    const bench = new PoolBench().add(forged, ...votesOf(0, 1, 2, 3, 4));
    expect(bench.replicas()).toEqual([0, 1, 2, 3, 4]);
    expect(bench.refused).toEqual([{ code: 'bad-signature', vote: forged }]);
  });

  it('of nobody in the cluster are refused at once, and make no quorum', () => {
    const bench = new PoolBench().add(...votesOf(0, 1, 2, 3, 7));
    expect(bench.refused).toEqual([{ code: 'unknown-member', vote: vote(7) }]);
    expect(bench.pool.waiting).toBe(4);
    expect(bench.checked).toEqual([]);
  });

  it('of a name that was misused are checked apart, so that they spoil no group', () => {
    const bench = new PoolBench().add(vote(1, { signature: 'bad' })).pass(WAITS.quorum);
    const next = (replica: number, changes = {}): Vote =>
      vote(replica, { sequence: 2, ...changes });
    const bad = next(1, { signature: 'bad' });
    bench.checked.length = 0;
    bench.add(next(0), bad, next(2), next(3), next(4)).pass(WAITS.quorum);
    expect(bench.checked).toEqual([[next(0), next(2), next(3), next(4)], [bad]]);
    // A valid one clears the name.
    bench.add(vote(1, { sequence: 3 })).pass(WAITS.quorum);
    bench.checked.length = 0;
    const third = [0, 1, 2, 3, 4].map((replica) => vote(replica, { sequence: 4 }));
    bench.add(...third);
    expect(bench.checked).toEqual([third]);
  });

  it('take bounded memory, however many are sent', () => {
    const bench = new PoolBench();
    let most = 0;
    for (let index = 0; index < 3000; index += 1) {
      bench.add(vote(6, { sequence: index, signature: 'forged' }));
      most = Math.max(most, bench.pool.waiting);
    }
    expect(most).toBeLessThanOrEqual(64 * N);
    for (let index = 0; index < 100; index += 1) bench.add(vote(6, { signature: `${index}x` }));
    expect(bench.pool.waiting).toBeLessThanOrEqual(64 * N);
    bench.pool.clear();
    expect(bench.pool.waiting).toBe(0);
    const { length } = bench.checked;
    expect(bench.pass(1000).checked).toHaveLength(length);
  });

  it('reach the core if they are valid and of use, whatever else is sent, and no others do', () => {
    const arrival = fc.record({
      replica: fc.nat(N - 1),
      sequence: fc.nat(2),
      holds: fc.boolean(),
      attempt: fc.nat(1),
      pauseMs: fc.nat(6),
      wantsAll: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 80 }), (arrivals) => {
        const bench = new PoolBench();
        const valid = new Set<string>();
        for (const { replica, sequence, holds, attempt, pauseMs, wantsAll } of arrivals) {
          bench.wantsAll = wantsAll;
          const signature = holds ? `${replica}` : 'forged';
          bench.add(vote(replica, { sequence, attempt, signature })).pass(pauseMs);
          if (holds) valid.add(`${sequence}/${replica}`);
        }
        bench.pass(WAITS.quorum + WAITS.all);
        expect(bench.pool.waiting).toBe(0);
        expect(bench.handedOn.every(({ signature, replica }) => signature === `${replica}`)).toBe(
          true,
        );
        expect(bench.refused.every(({ vote: each }) => each.signature === 'forged')).toBe(true);
        for (const sequence of [0, 1, 2]) {
          const here = new Set(
            bench.handedOn.filter((each) => each.sequence === sequence).map((each) => each.replica),
          );
          const sent = [...valid].filter((each) => each.startsWith(`${sequence}/`)).length;
          expect(here.size).toBeGreaterThanOrEqual(Math.min(sent, QUORUM));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the waits', () => {
  it('grow with the cluster', () => {
    expect(voteWaits(4)).toEqual({ quorum: 20, all: 1 });
    expect(voteWaits(16)).toEqual({ quorum: 80, all: 4 });
    expect(voteWaits(1)).toEqual(voteWaits(4));
  });
});
