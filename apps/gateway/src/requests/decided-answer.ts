import { nodesOf, type Outcome, type Roles } from '@ccro/client';
import type { ClusterConfig } from '@ccro/cluster-config';
import type { DecidedAnswer } from './request-record.js';

/** The answer to a request that f+1 replicas agree on. All n nodes are listed. */
export function decidedAnswer(
  id: string,
  outcome: Outcome,
  { mode, members }: ClusterConfig,
  roles: Roles,
): DecidedAnswer {
  const { view, sequence, batch, result, consensusTimeMs, matching, required } = outcome;
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
    nodes: nodesOf(outcome.replies, members.length, roles),
  };
}
