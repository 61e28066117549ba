/**
 * The replies to one request, and when enough of them match.
 *
 * Invariant kept here: each replica counts once, with the first thing it said, so f liars never
 * make up f+1 matching replies (PBFT, section 4.1).
 */

import type { Digest, ReplicaId, Reply, RequestResult } from '@ccro/consensus';

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
  private readonly groups = new Map<string, ReplyGroup>();
  private readonly keyOf = new Map<ReplicaId, string>();
  private matchedGroup: ReplyGroup | undefined;

  /** @param weakQuorum f+1 */
  constructor(private readonly weakQuorum: number) {}

  /**
   * Takes what `reply` says on this request.
   *
   * @returns `repeated` when this replica said the same before, `conflicting` when it said
   *   something else: the first word counts
   */
  add(reply: Reply, result: RequestResult): 'added' | 'repeated' | 'conflicting' {
    const key = matchKey(result);
    const earlier = this.keyOf.get(reply.replica);
    if (earlier !== undefined) return earlier === key ? 'repeated' : 'conflicting';
    this.keyOf.set(reply.replica, key);
    const group = this.groups.get(key) ?? { result, replies: [] };
    this.groups.set(key, group);
    group.replies.push(reply);
    if (group.replies.length >= this.weakQuorum) this.matchedGroup ??= group;
    return 'added';
  }

  has(replica: ReplicaId): boolean {
    return this.keyOf.has(replica);
  }

  /** What f+1 distinct replicas agree on, with all replies that say so, once there is one. */
  matched(): MatchedReplies | undefined {
    return this.matchedGroup;
  }

  /** All replies by replica, ascending. */
  all(): readonly Reply[] {
    return [...this.groups.values()]
      .flatMap(({ replies }) => replies)
      .sort((a, b) => a.replica - b.replica);
  }
}

/** What must be equal for replies to match. View and tally are each replica's own affair. */
function matchKey({ timestamp, request, sequence, batch, result }: RequestResult): string {
  const fields: readonly [number, Digest, number, Digest, string] = [
    timestamp,
    request,
    sequence,
    batch,
    result,
  ];
  return JSON.stringify(fields);
}
