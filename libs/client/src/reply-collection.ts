/**
 * The replies to one request, and when enough of them match.
 *
 * Invariant kept here: each replica counts once, with its first reply, so f liars never
 * make up f+1 matching replies (PBFT, section 4.1).
 */

import type { ReplicaId, Reply, RequestResult } from '@ccro/consensus';

/** Replicas that said the same. */
export interface MatchedReplies {
  readonly result: RequestResult;
  readonly replies: readonly Reply[];
}

interface ReplyGroup {
  readonly result: RequestResult;
  readonly replies: Reply[];
}

export class ReplyCollection {
  /** Seldom more than one: what honest replicas say, and lies. */
  private readonly groups: ReplyGroup[] = [];
  private readonly groupOf = new Map<ReplicaId, ReplyGroup>();
  private matchedGroup: ReplyGroup | undefined;

  /** @param weakQuorum f+1 */
  constructor(private readonly weakQuorum: number) {}

  /**
   * Takes what `reply` says on this request.
   *
   * @returns `repeated` when this replica said the same before, `conflicting` when it replied
   *   otherwise: its first reply counts
   */
  add(reply: Reply, result: RequestResult): 'added' | 'repeated' | 'conflicting' {
    const earlier = this.groupOf.get(reply.replica);
    if (earlier !== undefined) return matches(earlier.result, result) ? 'repeated' : 'conflicting';
    const group = this.groupFor(result);
    this.groupOf.set(reply.replica, group);
    group.replies.push(reply);
    if (group.replies.length >= this.weakQuorum) this.matchedGroup ??= group;
    return 'added';
  }

  has(replica: ReplicaId): boolean {
    return this.groupOf.has(replica);
  }

  /** What f+1 distinct replicas agree on, with all replies that say so, once there is one. */
  matched(): MatchedReplies | undefined {
    return this.matchedGroup;
  }

  /** All replies by replica, ascending. */
  all(): readonly Reply[] {
    return this.groups.flatMap(({ replies }) => replies).sort((a, b) => a.replica - b.replica);
  }

  private groupFor(result: RequestResult): ReplyGroup {
    const known = this.groups.find((group) => matches(group.result, result));
    if (known !== undefined) return known;
    const group = { result, replies: [] };
    this.groups.push(group);
    return group;
  }
}

/** What must be equal for replies to match. View and tally are each replica's own affair. */
function matches(one: RequestResult, other: RequestResult): boolean {
  return (
    one === other ||
    (one.timestamp === other.timestamp &&
      one.request === other.request &&
      one.sequence === other.sequence &&
      one.batch === other.batch &&
      one.result === other.result)
  );
}
