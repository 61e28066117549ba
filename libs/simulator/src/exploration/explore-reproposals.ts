/**
 * One slot, explored at random: honest replicas vote, prepare, commit and change views as the
 * protocol says, with the protocol's own re-proposal rule; Byzantine ones support everything,
 * propose to each what they like, and report any vote and any certificate that exists.
 *
 * A digest counts as decided by a commit certificate, and also by the prepare votes of all n: part
 * of the rule is there for such decisions alone, and no whole cluster makes any yet.
 */

import {
  chooseReproposals,
  clusterSize,
  primaryOf,
  type ClusterSize,
  type Digest,
  type ReplicaId,
  type SlotCertificate,
  type SlotReport,
  type View,
  type ViewChange,
} from '@ccro/consensus';
import { everyoneOf } from '@ccro/faults';
import { Violation } from '../checkers/violation.js';
import { Random } from '../random.js';

const SEQUENCE = 1;
const NULL_BATCH = 'null';
const PROPOSALS = ['A', 'B'] as const;
const DIGESTS = [...PROPOSALS, NULL_BATCH] as const;
const LAST_VIEW = 4;

/** Slots explored for one seed: about as much work as one run of a small cluster. */
const EXPLORATIONS_PER_SEED = 1_000;

const SIZES = [4, 5, 6, 7] as const;
const STEPS = [40, 80, 140] as const;

interface Position {
  readonly view: View;
  readonly digest: Digest;
}

/** Voters by view and digest. */
type Votes = Map<string, Set<ReplicaId>>;

export interface ExplorationReport {
  readonly violations: readonly Violation[];
  /** Slots in which something was decided. */
  readonly decided: number;
}

/** Explores the re-proposal rule in many slots, all of which follow from the seed. */
export function exploreReproposals(seed: number | string): ExplorationReport {
  const random = new Random(`${seed}/exploration`);
  let decided = 0;
  for (let run = 0; run < EXPLORATIONS_PER_SEED; run += 1) {
    const n = random.pick(SIZES);
    const exploration = new SlotExploration(n, random);
    exploration.run(random.pick(STEPS));
    const { size } = exploration.decided;
    if (size > 0) decided += 1;
    if (size < 2) continue;
    const detail = `run ${run}, ${n} replicas: ${[...exploration.decided].join(' and ')} decided`;
    return { violations: [new Violation('agreement', detail)], decided };
  }
  return { violations: [], decided };
}

export class SlotExploration {
  /** What was decided: more than one is a disagreement. */
  readonly decided = new Set<Digest>();
  private readonly size: ClusterSize;
  private readonly byzantine: ReadonlySet<ReplicaId>;
  private readonly honest: readonly ReplicaId[];
  private readonly views = new Map<ReplicaId, View>();
  /** Replicas that have left a view and not entered the next. */
  private readonly between = new Set<ReplicaId>();
  private readonly accepted = new Set<string>();
  private readonly latestVote = new Map<ReplicaId, Position>();
  private readonly certified = new Map<ReplicaId, Position>();
  private readonly prepares: Votes = new Map();
  private readonly commits: Votes = new Map();
  private readonly reports = new Map<View, Map<ReplicaId, SlotReport>>();
  private readonly chosen = new Map<string, Digest | undefined>();

  /** @param n number of replicas, f of which are Byzantine */
  constructor(
    n: number,
    private readonly random: Random,
  ) {
    this.size = clusterSize(n);
    const order = random.shuffled(everyoneOf(n));
    this.byzantine = new Set(order.slice(0, this.size.f));
    this.honest = order.slice(this.size.f);
  }

  /** Takes `steps` steps, fewer if a disagreement shows. */
  run(steps: number): void {
    for (let step = 0; step < steps && this.decided.size < 2; step += 1) {
      const replica = this.random.pick(this.honest) ?? 0;
      const action = this.random.next();
      if (action < 0.35) this.propose(replica);
      else if (action < 0.6) this.prepare(replica);
      else if (action < 0.8) this.leave(replica);
      else this.enter(replica);
    }
  }

  /** The replica accepts what the primary of its view proposes to it, and votes. */
  private propose(replica: ReplicaId): void {
    const view = this.viewOf(replica);
    const once = `${replica} in ${view}`;
    if (this.between.has(replica) || this.accepted.has(once)) return;
    const lies = this.byzantine.has(primaryOf(view, this.size.n));
    const free = lies ? this.random.pick(PROPOSALS) : PROPOSALS[view % 2];
    const digest = this.chosen.get(once) ?? free ?? PROPOSALS[0];
    this.accepted.add(once);
    this.latestVote.set(replica, { view, digest });
    const voters = vote(this.prepares, { view, digest }, replica);
    if (voters === this.honest.length) this.decided.add(digest);
  }

  /** A prepare certificate of its view reaches the replica, if there is one, and it commits. */
  private prepare(replica: ReplicaId): void {
    const view = this.viewOf(replica);
    if (this.between.has(replica)) return;
    const digest = DIGESTS.find((each) => this.hasQuorum(this.prepares, { view, digest: each }));
    if (digest === undefined) return;
    if ((this.certified.get(replica)?.view ?? -1) < view) {
      this.certified.set(replica, { view, digest });
    }
    vote(this.commits, { view, digest }, replica);
    if (this.hasQuorum(this.commits, { view, digest })) this.decided.add(digest);
  }

  private leave(replica: ReplicaId): void {
    const view = this.viewOf(replica) + 1;
    if (view > LAST_VIEW) return;
    this.views.set(replica, view);
    this.between.add(replica);
    const reports = this.reports.get(view) ?? new Map<ReplicaId, SlotReport>();
    this.reports.set(view, reports);
    reports.set(replica, report(this.latestVote.get(replica), this.certified.get(replica)));
  }

  /** The replica enters its view by a new-view; a Byzantine primary sends each its own. */
  private enter(replica: ReplicaId): void {
    const view = this.viewOf(replica);
    if (!this.between.has(replica)) return;
    const lies = this.byzantine.has(primaryOf(view, this.size.n));
    const key = lies ? `new view ${view} for ${replica}` : `new view ${view}`;
    if (!this.chosen.has(key)) {
      const quorum = this.quorumFor(view);
      if (quorum === undefined) return;
      const { reproposals } = chooseReproposals(quorum, this.size, NULL_BATCH);
      this.chosen.set(key, reproposals[0]?.digest);
    }
    this.between.delete(replica);
    this.chosen.set(`${replica} in ${view}`, this.chosen.get(key));
  }

  /** View-changes of enough honest replicas, filled up with what Byzantine ones make up. */
  private quorumFor(view: View): readonly ViewChange[] | undefined {
    const honest = [...(this.reports.get(view)?.values() ?? [])];
    const needed = this.size.quorum - this.byzantine.size;
    if (honest.length < needed) return undefined;
    const most = Math.min(honest.length, this.size.quorum);
    const reports = this.random.shuffled(honest).slice(0, this.random.integer(needed, most));
    while (reports.length < this.size.quorum) reports.push(this.lie(view));
    return reports.map((each, replica) => viewChange(view, replica, each));
  }

  /** Any vote, and any certificate of an earlier view that exists. */
  private lie(view: View): SlotReport {
    const earlier = Array.from({ length: view }, (_, each) => each);
    const existing = earlier
      .flatMap((each) => DIGESTS.map((digest) => ({ view: each, digest })))
      .filter((position) => this.hasQuorum(this.prepares, position));
    const made = { view: this.random.below(view), digest: this.random.pick(DIGESTS) };
    return report(
      this.random.chance(0.7) ? made : undefined,
      this.random.chance(0.6) ? this.random.pick(existing) : undefined,
    );
  }

  /** Byzantine replicas vote for everything. */
  private hasQuorum(votes: Votes, position: Position): boolean {
    const honest = votes.get(keyOf(position))?.size ?? 0;
    return honest + this.byzantine.size >= this.size.quorum;
  }

  private viewOf(replica: ReplicaId): View {
    return this.views.get(replica) ?? 0;
  }
}

function report(vote: Position | undefined, certified: Position | undefined): SlotReport {
  return {
    sequence: SEQUENCE,
    vote: vote ?? null,
    certificate: certified === undefined ? null : certificateOf(certified),
  };
}

function certificateOf({ view, digest }: Position): SlotCertificate {
  const proof = { scheme: 'words', signers: [], signatures: [] };
  return { kind: 'certificate', phase: 'prepare', view, sequence: SEQUENCE, digest, proof };
}

function viewChange(view: View, replica: ReplicaId, slot: SlotReport): ViewChange {
  const stable = { sequence: 0, digest: 'state', certificate: null };
  const slots = slot.vote === null && slot.certificate === null ? [] : [slot];
  const digest = `view-change of ${replica}`;
  return { kind: 'view-change', view, stable, slots, replica, digest, signature: '' };
}

/** @returns how many honest replicas have voted so */
function vote(votes: Votes, position: Position, replica: ReplicaId): number {
  const key = keyOf(position);
  const voters = votes.get(key) ?? new Set();
  votes.set(key, voters.add(replica));
  return voters.size;
}

function keyOf({ view, digest }: Position): string {
  return `${view}/${digest}`;
}
