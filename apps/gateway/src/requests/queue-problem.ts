import { ProblemException, type ProblemName } from '@ccro/http';
import { QueueError } from '../queue/queue-error.js';
import type { FailedAnswer } from '../answers/request-record.js';

/** Seconds after which a caller is told to come back. */
export const RETRY_AFTER_SECONDS = '1';

/** What a request that failed is to its caller. */
export function problemOf({ error }: FailedAnswer): ProblemName {
  return error === 'result-dropped' ? 'no-longer-kept' : 'timestamp-conflict';
}

/**
 * What a failure of the queue is to the caller. With `broker-unreachable` the member `accepted`
 * says whether anything was: `no`, or `unknown` beside the id that the request has in that case.
 */
export function queueProblem(error: unknown): unknown {
  if (!(error instanceof QueueError)) return error;
  const { code, message, ids } = error;
  const headers = { 'retry-after': RETRY_AFTER_SECONDS };
  switch (code) {
    case 'overloaded':
      return new ProblemException('overloaded', message, { headers });
    case 'too-large':
      return new ProblemException('payload-too-large', message);
    case 'key-reused':
      return new ProblemException('idempotency-key-reused', message);
    case 'unreachable':
      return new ProblemException('broker-unreachable', message, {
        extensions: { accepted: 'no' },
        headers,
      });
    case 'refused':
      return new ProblemException('queue-refused', message, {
        extensions: { accepted: 'no' },
        headers,
      });
    case 'uncertain': {
      const [id] = ids;
      const named = ids.length === 1 ? { id } : { ids };
      const location = ids.length === 1 ? { location: `/requests/${id}` } : {};
      return new ProblemException('broker-unreachable', message, {
        extensions: { ...named, accepted: 'unknown' },
        headers: { ...headers, ...location },
      });
    }
    case 'closed':
      return new ProblemException('shutting-down', message, { headers });
  }
}
