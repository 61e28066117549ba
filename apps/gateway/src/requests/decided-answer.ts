import type { Outcome } from '@ccro/client';
import type { ClusterConfig } from '@ccro/cluster-config';
import { roleOf, type Roles } from '../cluster/roles.js';
import type { DecidedAnswer } from './request-record.js';

/** The answer to a request that f+1 replicas agree on. All n nodes are listed. */
export function decidedAnswer(
  id: string,
  outcome: Outcome,
  { mode, members }: ClusterConfig,
  roles: Roles,
): DecidedAnswer {
  const { view, sequence, batch, result, consensusTimeMs, matching, required } = outcome;
  const replies = new Map(outcome.replies.map((reply) => [reply.replica, reply]));
  return {
    id,
    status: 'decided',
    mode,
    view,
    sequence,
    digest: batch,
    result,
    consensusTimeMs,
    replies: { matching, required },
    nodes: members.map(({ id: member }) => {
      const reply = replies.get(member);
      return {
        id: member,
        role: roleOf(member, roles),
        reply: reply === undefined ? 'none' : reply.matching ? 'matching' : 'false',
        correct: reply?.tally.correct ?? null,
        corrupt: reply?.tally.corrupt ?? null,
      };
    }),
  };
}
