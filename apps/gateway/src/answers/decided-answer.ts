import { nodesOf, type Outcome } from '@ccro/client';
import type { ClusterConfig } from '@ccro/cluster-config';
import { primaryOf } from '@ccro/consensus';
import type { DecidedAnswer } from './request-record.js';

/**
 * The answer to a request that f+1 replicas agree on. All n nodes are listed, in the roles that they
 * had in this decision.
 */
export function decidedAnswer(
  id: string,
  outcome: Outcome,
  { mode, members }: ClusterConfig,
): DecidedAnswer {
  const { view, sequence, batch, result, consensusTimeMs, matching, required } = outcome;
  const { collector } = outcome;
  const roles = { primary: primaryOf(view, members.length), collector };
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
