/**
 * Votes between screening and verification, where checking many together is cheaper than one by
 * one (BLS): those on one (phase, view, sequence, digest) wait for each other, are checked as a
 * group and handed to the core one after the other.
 *
 * Invariants kept here:
 * - certificates: the core gets no vote that was not found valid by itself; one bad vote in a group
 *   costs only itself;
 * - liveness: a vote waits for a bounded time only, and none is lost on account of others. A vote
 *   with a wrong signature under the same name does not take its place: any sender can make one;
 * - bounded memory: what goes beyond the bounds is checked at once.
 */

import type { Clock } from '@ccro/clock';
import type { RejectCode, ReplicaId, Verified, Vote, VoteDemand } from '@ccro/consensus';
import { isRejected, type Verifier } from '@ccro/crypto';

/** Milliseconds. */
export interface VoteWaits {
  /** The longest wait for a quorum: what has come by then is checked. */
  readonly quorum: number;
  /**
   * The wait, from a quorum on, for the votes of all: at least this, and as long as the quorum
   * took to gather, as the rest are fewer than a quorum.
   */
  readonly all: number;
}

/**
 * In larger clusters votes arrive less close together. Less than a quorum decides nothing, so
 * there is no hurry to check it.
 *
 * @param n number of replicas
 */
export function voteWaits(n: number): VoteWaits {
  const scale = Math.max(1, n / 4);
  return { quorum: 20 * scale, all: scale };
}

/** Votes that wait at most, in all groups together, for each replica. */
const MAX_WAITING_EACH = 64;

export interface VotePoolParts {
  readonly n: number;
  readonly verifier: Pick<Verifier, 'verifyVotes'>;
  readonly clock: Clock;
  readonly waits: VoteWaits;
  /** See `Replica.voteDemand`. */
  readonly demand: (vote: Vote) => VoteDemand | undefined;
  /** Whether the core still wants to see this one, see `Replica.screen`. */
  readonly isWanted: (vote: Vote) => boolean;
  readonly onVerified: (vote: Verified<Vote>) => void;
  /** The vote names its replica, but did not come from it or is not what it must sign. */
  readonly onRefused: (code: RejectCode, vote: Vote) => void;
}

/** Votes on one (phase, view, sequence, digest). */
interface Group {
  readonly name: string;
  /** By replica and signature. */
  readonly votes: Map<string, Vote>;
  readonly sinceMs: number;
  /** Whether its signers, with those the core knows, were a quorum when it was looked at last. */
  hasQuorum: boolean;
  cancelTimer: () => void;
}

export class VotePool {
  /** The longest waiting first. */
  private readonly groups = new Map<string, Group>();
  /**
   * Replicas whose last vote, by its claimed signer, was bad: their votes are checked later and apart, so
   * that the others can still be checked as one group. Anyone can claim a name, so this accuses no one.
   */
  private readonly suspects = new Set<ReplicaId>();
  private count = 0;

  constructor(private readonly parts: VotePoolParts) {}

  /** Votes that wait now. */
  get waiting(): number {
    return this.count;
  }

  /** Takes a vote that was screened. It is handed on within a bounded time if it is of use. */
  add(vote: Vote): void {
    if (vote.replica >= this.parts.n) {
      this.parts.onRefused('unknown-member', vote);
      return;
    }
    if (!this.isOfUse(vote)) return;
    const group = this.groupOf(vote);
    const key = `${vote.replica}/${vote.signature}`;
    const same = group.votes.get(key);
    if (same === undefined) this.count += 1;
    if (same === undefined || same.attempt < vote.attempt) group.votes.set(key, vote);
    this.consider(group, vote);
    this.keepBounds(group);
  }

  /** The core got a vote of this replica's own, which others may have waited for. */
  onOwnVote(vote: Vote): void {
    const group = this.groups.get(nameOf(vote));
    if (group !== undefined) this.consider(group, vote);
  }

  /** Forgets everything. */
  clear(): void {
    for (const { cancelTimer } of this.groups.values()) cancelTimer();
    this.groups.clear();
    this.count = 0;
  }

  /** A reminder is answered whatever is known: it says what its sender lacks. */
  private isOfUse(vote: Vote): boolean {
    return vote.attempt > 0 || this.parts.demand(vote) !== undefined;
  }

  private groupOf(vote: Vote): Group {
    const name = nameOf(vote);
    const existing = this.groups.get(name);
    if (existing !== undefined) return existing;
    const { clock, waits } = this.parts;
    const group = {
      name,
      votes: new Map(),
      sinceMs: clock.now(),
      hasQuorum: false,
      cancelTimer: () => undefined,
    };
    this.groups.set(name, group);
    this.checkAfter(waits.quorum, group);
    return group;
  }

  private consider(group: Group, vote: Vote): void {
    const demand = this.parts.demand(vote);
    if (demand === undefined) return;
    const signers = new Set(demand.known);
    for (const { replica } of group.votes.values()) signers.add(replica);
    if (signers.size >= demand.enough) {
      this.check(group);
    } else if (signers.size >= demand.quorum && !group.hasQuorum) {
      group.hasQuorum = true;
      const { clock, waits } = this.parts;
      this.checkAfter(Math.max(waits.all, clock.now() - group.sinceMs), group);
    }
  }

  private checkAfter(afterMs: number, group: Group): void {
    group.cancelTimer();
    group.cancelTimer = this.parts.clock.schedule(afterMs, () => this.check(group));
  }

  private keepBounds(group: Group): void {
    const { n } = this.parts;
    if (group.votes.size > 2 * n) this.check(group);
    if (this.count <= MAX_WAITING_EACH * n) return;
    for (const oldest of this.groups.values()) {
      this.check(oldest);
      return;
    }
  }

  private check(group: Group): void {
    if (this.groups.get(group.name) !== group) return;
    group.cancelTimer();
    this.groups.delete(group.name);
    this.count -= group.votes.size;
    const votes = [...group.votes.values()];
    const suspected = new Set(votes.filter(({ replica }) => this.suspects.has(replica)));
    this.checkTogether(votes.filter((vote) => !suspected.has(vote)));
    this.checkTogether([...suspected]);
  }

  private checkTogether(candidates: readonly Vote[]): void {
    const { verifier, isWanted, onVerified, onRefused } = this.parts;
    const votes = candidates.filter((vote) => isWanted(vote) && this.isOfUse(vote));
    verifier.verifyVotes(votes).forEach((outcome, index) => {
      const vote = votes[index];
      if (vote === undefined) return;
      if (isRejected(outcome)) {
        this.suspects.add(vote.replica);
        onRefused(outcome, vote);
      } else {
        this.suspects.delete(vote.replica);
        onVerified(outcome);
      }
    });
  }
}

function nameOf({ phase, view, sequence, digest }: Vote): string {
  return `${phase}/${view}/${sequence}/${digest}`;
}
