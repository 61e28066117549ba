import {
  ClientError,
  nodesOf,
  type CcroClient,
  type ClientErrorCode,
  type Outcome,
  type Submission,
} from '@ccro/client';
import type { ClusterConfig } from '@ccro/cluster-config';
import { primaryOf, type Request } from '@ccro/consensus';
import type { DecidedAnswer, FailedAnswer, FinishedAnswer } from '../answers/request-record.js';

/** Takes requests to the cluster and brings back answers. */
export class RequestSender {
  constructor(
    private readonly client: CcroClient,
    private readonly config: ClusterConfig,
  ) {}

  /**
   * Sends a signed request until the cluster decides or refuses it.
   *
   * @throws ClientError `closed`, when the client was closed before
   */
  async deliver(id: string, request: Request): Promise<FinishedAnswer> {
    return this.answerTo(id, this.client.send(request));
  }

  /** What comes of a request that is being sent. @throws ClientError `closed` */
  async answerTo(id: string, submission: Submission): Promise<FinishedAnswer> {
    try {
      return decidedAnswer(id, await submission.settled, this.config);
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      const { code, message } = error;
      // A client that closes gives nothing up for good: the request may be decided all the same.
      if (!isFinal(code)) throw error;
      return { id, status: 'failed', error: code, detail: message };
    }
  }
}

/**
 * The answer to a request that f+1 replicas agree on. All n nodes are listed, in the roles that they
 * had in this decision.
 */
function decidedAnswer(
  id: string,
  outcome: Outcome,
  { mode, members }: ClusterConfig,
): DecidedAnswer {
  const { view, sequence, batch, result, consensusTimeMs, matching, required } = outcome;
  const roles = { primary: primaryOf(view, members.length), collector: outcome.collector };
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

function isFinal(code: ClientErrorCode): code is ClientErrorCode & FailedAnswer['error'] {
  return ['timestamp-reused', 'stale-timestamp', 'result-dropped'].includes(code);
}

/** Id of the request with a timestamp of a client. */
export function requestId(client: string, timestamp: number): string {
  return `${client}-${timestamp}`;
}

/** The client that an id names, or undefined for what is no id. */
export function clientOfId(id: string): string | undefined {
  return /^([A-Za-z0-9_-]{1,64})-\d{1,16}$/.exec(id)?.[1];
}
