import { describe, expect, it } from 'vitest';
import type { ReplicaId, View } from '../messages/ids.js';
import type { SlotCertificate, SlotReport, ViewChange } from '../messages/index.js';
import { clusterSize } from '../model/config.js';
import { chooseReproposals } from './choose-reproposals.js';

const NULL = 'null';

function certificate(view: View, digest: string, sequence = 1): SlotCertificate {
  const proof = { scheme: 'words', signers: [], signatures: [] };
  return { kind: 'certificate', phase: 'prepare', view, sequence, digest, proof };
}

function viewChange(replica: ReplicaId, slots: readonly SlotReport[], stable = 0): ViewChange {
  const checkpoint = { sequence: stable, digest: 's', certificate: null };
  const base = { kind: 'view-change', view: 9, stable: checkpoint, slots } as const;
  return { ...base, replica, digest: `vc${replica}`, signature: 's' };
}

function report(
  vote: readonly [View, string] | null,
  certified: readonly [View, string] | null = null,
  sequence = 1,
): SlotReport {
  return {
    sequence,
    vote: vote === null ? null : { view: vote[0], digest: vote[1] },
    certificate: certified === null ? null : certificate(certified[0], certified[1], sequence),
  };
}

function choice(...reports: readonly (SlotReport | null)[]): string | undefined {
  const viewChanges = reports.map((each, replica) => viewChange(replica, each ? [each] : []));
  return chooseReproposals(viewChanges, clusterSize(4), NULL).reproposals[0]?.digest;
}

describe('the re-proposal rule', () => {
  it('proposes nothing where nothing was reported', () => {
    expect(choice(null, null, null)).toBeUndefined();
  });

  it('carries a certificate over, of the highest view', () => {
    const [lower, higher] = [report([2, 'b'], [0, 'a']), report([2, 'c'], [1, 'b'])];
    expect(choice(lower, higher, null)).toBe('b');
    expect(choice(higher, null, lower)).toBe('b');
  });

  it('f + 1 later votes win over a certificate (scenario 32, the Zyzzyva case)', () => {
    expect(choice(report([1, 'a'], [1, 'a']), report([2, 'b']), report([2, 'b']))).toBe('b');
  });

  it('votes of the certificate’s own view do not: later is strict', () => {
    expect(choice(report([1, 'b'], [1, 'a']), report([1, 'b']), null)).toBe('a');
  });

  it('f later votes do not', () => {
    expect(choice(report([1, 'a'], [1, 'a']), report([2, 'b']), null)).toBe('a');
  });

  it('null votes count like others', () => {
    expect(choice(report([1, NULL]), report([1, NULL]), report([0, 'a'], [0, 'a']))).toBe(NULL);
  });

  it('takes the least of two digests with f + 1 later votes, whoever is named first', () => {
    const votes = ['b', 'a', 'a', 'b'].map((digest, replica) =>
      viewChange(replica, [report([1, digest])]),
    );
    for (const viewChanges of [votes, votes.toReversed()]) {
      const { reproposals } = chooseReproposals(viewChanges, clusterSize(5), NULL);
      expect(reproposals).toEqual([{ sequence: 1, digest: 'a' }]);
    }
  });

  it('is for a quorum, which is not empty', () => {
    expect(() => chooseReproposals([], clusterSize(4), NULL)).toThrow('a quorum is not empty');
  });

  it('fills what nobody can have decided with the null batch', () => {
    expect(choice(report([0, 'a']), report([0, 'b']), null)).toBe(NULL);
  });

  it('starts at the highest stable checkpoint and leaves no gap', () => {
    const viewChanges = [
      viewChange(0, [report([0, 'x'], [0, 'x'], 9), report([0, 'y'], [0, 'y'], 12)], 8),
      viewChange(1, [report([0, 'z'], [0, 'z'], 3)], 0),
      viewChange(2, [], 9),
    ];
    for (const each of [viewChanges, viewChanges.toReversed()]) {
      const { stable, reproposals } = chooseReproposals(each, clusterSize(4), NULL);
      expect(stable.sequence).toBe(9);
      expect(reproposals).toEqual([
        { sequence: 10, digest: NULL },
        { sequence: 11, digest: NULL },
        { sequence: 12, digest: 'y' },
      ]);
    }
  });
});

/**
 * One slot, explored at random: honest replicas vote, prepare, commit and change views as the
 * protocol says; Byzantine ones support everything, propose to each what they like, and report
 * any vote and any certificate that exists.
 */
class Exploration {
  readonly committed = new Set<string>();
  private readonly size;
  private readonly byzantine: ReadonlySet<ReplicaId>;
  private readonly honest: readonly ReplicaId[];
  private readonly view = new Map<ReplicaId, View>();
  private readonly outside = new Set<ReplicaId>();
  private readonly accepted = new Set<string>();
  private readonly vote = new Map<ReplicaId, readonly [View, string]>();
  private readonly held = new Map<ReplicaId, readonly [View, string]>();
  private readonly prepares = new Map<string, Set<ReplicaId>>();
  private readonly commits = new Map<string, Set<ReplicaId>>();
  private readonly reports = new Map<View, Map<ReplicaId, SlotReport>>();
  private readonly chosen = new Map<string, string | undefined>();

  constructor(
    n: number,
    private readonly random: () => number,
  ) {
    this.size = clusterSize(n);
    const replicas = Array.from({ length: n }, (_, replica) => replica);
    const order = replicas.map((replica) => [random(), replica] as const).sort(([a], [b]) => a - b);
    this.byzantine = new Set(order.slice(0, this.size.f).map(([, replica]) => replica));
    this.honest = replicas.filter((replica) => !this.byzantine.has(replica));
    for (const replica of this.honest) this.view.set(replica, 0);
  }

  run(steps: number): void {
    for (let step = 0; step < steps && this.committed.size < 2; step += 1) {
      const replica = this.honest[Math.floor(this.random() * this.honest.length)] ?? 0;
      const action = this.random();
      if (action < 0.35) this.propose(replica);
      else if (action < 0.6) this.prepare(replica);
      else if (action < 0.8) this.leave(replica);
      else this.enter(replica);
      this.decide();
    }
  }

  private propose(replica: ReplicaId): void {
    const view = this.viewOf(replica);
    const key = `${replica}/${view}`;
    if (this.outside.has(replica) || this.accepted.has(key)) return;
    const primary = view % this.size.n;
    const free = this.byzantine.has(primary) ? this.pick(['A', 'B']) : 'AB'[view % 2];
    const digest = this.chosen.get(key) ?? free ?? 'A';
    this.accepted.add(key);
    this.vote.set(replica, [view, digest]);
    add(this.prepares, `${view}/${digest}`, replica);
  }

  private prepare(replica: ReplicaId): void {
    const view = this.viewOf(replica);
    if (this.outside.has(replica)) return;
    const digest = ['A', 'B', NULL].find((each) => this.isCertified(this.prepares, view, each));
    if (digest === undefined) return;
    if ((this.held.get(replica)?.[0] ?? -1) < view) this.held.set(replica, [view, digest]);
    add(this.commits, `${view}/${digest}`, replica);
  }

  private leave(replica: ReplicaId): void {
    const view = this.viewOf(replica) + 1;
    if (view > 4) return;
    this.view.set(replica, view);
    this.outside.add(replica);
    const reports = this.reports.get(view) ?? new Map<ReplicaId, SlotReport>();
    this.reports.set(view, reports);
    reports.set(replica, report(this.vote.get(replica) ?? null, this.held.get(replica) ?? null));
  }

  private enter(replica: ReplicaId): void {
    const view = this.viewOf(replica);
    if (!this.outside.has(replica)) return;
    const primary = view % this.size.n;
    const key = this.byzantine.has(primary) ? `new ${view}/${replica}` : `new ${view}`;
    if (!this.chosen.has(key)) {
      const quorum = this.quorum(view);
      if (quorum === undefined) return;
      const viewChanges = quorum.map((each, id) => viewChange(id, isEmpty(each) ? [] : [each]));
      const { reproposals } = chooseReproposals(viewChanges, this.size, NULL);
      this.chosen.set(key, reproposals[0]?.digest);
    }
    this.outside.delete(replica);
    this.chosen.set(`${replica}/${view}`, this.chosen.get(key));
  }

  /** Reports of enough honest replicas, filled up with what Byzantine ones make up. */
  private quorum(view: View): readonly SlotReport[] | undefined {
    const honest = [...(this.reports.get(view)?.values() ?? [])];
    const needed = this.size.quorum - this.byzantine.size;
    if (honest.length < needed) return undefined;
    const shuffled = honest.map((each) => [this.random(), each] as const).sort(([a], [b]) => a - b);
    const most = Math.min(honest.length, this.size.quorum);
    const count = needed + Math.floor(this.random() * (most - needed + 1));
    const reports = shuffled.slice(0, count).map(([, each]) => each);
    while (reports.length < this.size.quorum) reports.push(this.lie(view));
    return reports;
  }

  private lie(view: View): SlotReport {
    const existing = [...this.prepares.keys()]
      .map((key) => [Number(key.split('/')[0]), key.split('/')[1] ?? ''] as const)
      .filter(([each, digest]) => each < view && this.isCertified(this.prepares, each, digest));
    const votes =
      this.random() < 0.3 ? null : ([this.below(view), this.pick(['A', 'B', NULL])] as const);
    const [first, ...others] = existing;
    const made = first === undefined || this.random() < 0.4;
    const certified = made ? null : this.pick([first, ...others]);
    return report(votes, certified);
  }

  private decide(): void {
    for (const [key, voters] of this.prepares) {
      if (voters.size === this.honest.length) this.committed.add(key.split('/')[1] ?? '');
    }
    for (const key of this.commits.keys()) {
      const [view, digest] = key.split('/');
      if (this.isCertified(this.commits, Number(view), digest ?? '')) {
        this.committed.add(digest ?? '');
      }
    }
  }

  private isCertified(
    votes: ReadonlyMap<string, ReadonlySet<ReplicaId>>,
    view: View,
    digest: string,
  ): boolean {
    const honest = votes.get(`${view}/${digest}`)?.size ?? 0;
    return honest + this.byzantine.size >= this.size.quorum;
  }

  private viewOf(replica: ReplicaId): View {
    return this.view.get(replica) ?? 0;
  }

  private below(bound: number): number {
    return Math.floor(this.random() * bound);
  }

  private pick<T>(items: readonly [T, ...T[]]): T {
    return items[this.below(items.length)] ?? items[0];
  }
}

function isEmpty({ vote, certificate: held }: SlotReport): boolean {
  return vote === null && held === null;
}

function add(to: Map<string, Set<ReplicaId>>, key: string, replica: ReplicaId): void {
  to.set(key, (to.get(key) ?? new Set()).add(replica));
}

/** The multiplicative generator of Park and Miller: enough to explore, and repeatable. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('one slot explored at random', () => {
  it.each([4, 5, 6, 7])('n = %i: no two digests are ever decided, by either path', (n) => {
    const random = generator(n);
    let decided = 0;
    for (let run = 0; run < 4_000; run += 1) {
      const exploration = new Exploration(n, random);
      exploration.run([40, 80, 140][run % 3] ?? 80);
      expect([...exploration.committed].length).toBeLessThan(2);
      decided += exploration.committed.size;
    }
    expect(decided).toBeGreaterThan(1_000);
  });
});
