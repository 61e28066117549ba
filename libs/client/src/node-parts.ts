/** What each node had to do with a decision, in the words of the seed's reports. */

import type { ReplicaId } from '@ccro/consensus';
import type { ReplySummary } from './outcome.js';

export type NodeRole = 'commander' | 'communication' | 'replica';

/** Who plays which part: in a decision, or in what is proposed next. */
export interface Roles {
  /** The primary. */
  readonly primary: ReplicaId;
  /** Null where there is none (PBFT), or where it is not known. */
  readonly collector: ReplicaId | null;
}

/** One node's part in a decision. Null: it did not reply. */
export interface NodePart {
  readonly id: ReplicaId;
  readonly role: NodeRole;
  /** Whether it replied with the result that f+1 nodes agree on, with another one, or not. */
  readonly reply: 'matching' | 'false' | 'none';
  /** Votes of others this node saw for the decided batch. */
  readonly correct: number | null;
  /** Votes of others this node saw against it. */
  readonly corrupt: number | null;
}

export function roleOf(id: ReplicaId, { primary, collector }: Roles): NodeRole {
  if (id === primary) return 'commander';
  return id === collector ? 'communication' : 'replica';
}

/**
 * All nodes of the cluster, those among them that did not reply.
 *
 * @param replies of distinct nodes
 */
export function nodesOf(replies: readonly ReplySummary[], n: number, roles: Roles): NodePart[] {
  const byNode = new Map(replies.map((reply) => [reply.replica, reply]));
  return Array.from({ length: n }, (_, id): NodePart => {
    const reply = byNode.get(id);
    return {
      id,
      role: roleOf(id, roles),
      reply: reply === undefined ? 'none' : reply.matching ? 'matching' : 'false',
      correct: reply?.tally.correct ?? null,
      corrupt: reply?.tally.corrupt ?? null,
    };
  });
}
