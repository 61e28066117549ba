/**
 * The replies to one request, and when enough of them match.
 *
 * Invariant kept here: each replica counts once, with the first thing it said, so f liars never
 * make up f+1 matching replies (PBFT, section 4.1).
 */

import type { Digest, ReplicaId, Reply, RequestResult } from '@ccro/consensus';

interface CollectedReply {
  readonly reply: Reply;
  readonly result: RequestResult;
  readonly key: string;
}

/** f+1 replicas said the same. */
export interface MatchedReplies {
  readonly result: RequestResult;
  readonly replies: readonly Reply[];
}

export class ReplyCollection {
  private readonly byReplica = new Map<ReplicaId, CollectedReply>();

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
    const earlier = this.byReplica.get(reply.replica);
    if (earlier !== undefined) return earlier.key === key ? 'repeated' : 'conflicting';
    this.byReplica.set(reply.replica, { reply, result, key });
    return 'added';
  }

  has(replica: ReplicaId): boolean {
    return this.byReplica.has(replica);
  }

  get size(): number {
    return this.byReplica.size;
  }

  /** The result that f+1 distinct replicas agree on, if there is one yet. */
  matched(): MatchedReplies | undefined {
    const byKey = new Map<string, CollectedReply[]>();
    for (const collected of this.byReplica.values()) {
      const same = byKey.get(collected.key);
      if (same === undefined) byKey.set(collected.key, [collected]);
      else same.push(collected);
    }
    for (const same of byKey.values()) {
      const [first] = same;
      if (first === undefined || same.length < this.weakQuorum) continue;
      return { result: first.result, replies: same.map(({ reply }) => reply) };
    }
    return undefined;
  }

  /** All replies by replica, ascending. */
  all(): readonly Reply[] {
    return [...this.byReplica.values()]
      .map(({ reply }) => reply)
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
