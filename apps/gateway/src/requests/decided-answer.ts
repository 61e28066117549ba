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
  const tallies = new Map(
    outcome.replies.filter((reply) => reply.matching).map(({ replica, tally }) => [replica, tally]),
  );
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
    nodes: members.map((member) => ({
      id: member.id,
      role: roleOf(member.id, roles),
      correct: tallies.get(member.id)?.correct ?? null,
      corrupt: tallies.get(member.id)?.corrupt ?? null,
    })),
  };
}
