/**
 * Brief replies: they name the root over results that other replicas send in full.
 *
 * Invariant kept here (bounded memory): of each replica the newest few that wait for results are
 * kept, and the newest results.
 */

import type { BriefReply, Digest, ReplicaId, Reply, RequestResult } from '@ccro/consensus';

/** Enough for all slots in flight, several replies each. */
const MAX_KEPT = 256;

export class BriefReplies {
  /** By root; the oldest first. */
  private readonly results = new Map<Digest, readonly RequestResult[]>();
  private readonly waiting = new Map<ReplicaId, Map<Digest, BriefReply>>();

  /** Results under `root`, if a replica has shown them. */
  resultsOf(root: Digest): readonly RequestResult[] | undefined {
    return this.results.get(root);
  }

  /** @returns the replies that wait for these results, each completed with them */
  onResults(root: Digest, results: readonly RequestResult[]): Reply[] {
    if (this.results.has(root)) return [];
    remember(this.results, root, results);
    const completed: Reply[] = [];
    for (const ofReplica of this.waiting.values()) {
      const brief = ofReplica.get(root);
      if (brief !== undefined) completed.push(complete(brief, results));
      ofReplica.delete(root);
    }
    return completed;
  }

  /** @returns the reply with its results, unless they are still to come */
  onBrief(brief: BriefReply): Reply | undefined {
    const results = this.results.get(brief.root);
    if (results !== undefined) return complete(brief, results);
    const ofReplica = this.waiting.get(brief.replica) ?? new Map<Digest, BriefReply>();
    this.waiting.set(brief.replica, ofReplica);
    remember(ofReplica, brief.root, brief);
    return undefined;
  }
}

/** The reply that its replica would have sent with the results in it. */
function complete({ root: _root, ...reply }: BriefReply, results: readonly RequestResult[]): Reply {
  return { ...reply, kind: 'reply', results };
}

function remember<V>(map: Map<Digest, V>, root: Digest, value: V): void {
  map.set(root, value);
  if (map.size <= MAX_KEPT) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
