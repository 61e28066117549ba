import type { OutgoingMessage } from '@ccro/consensus';
import type { Conduct } from '../behaviour.js';
import { wrongDigest } from '../wrong-digest.js';

type Reply = Extract<OutgoingMessage, { kind: 'reply' }>;

/**
 * Votes honestly and lies only to clients: no replica can notice. Scenario 27 of the scenario table with
 * f of them; f+1 make a client believe a result that no honest replica computed.
 */
export function falseReplies(): Conduct {
  return {
    hears: () => true,
    outgoing: (send) =>
      send.message.kind === 'reply'
        ? [{ ...send, message: withFalseResults(send.message) }]
        : [send],
  };
}

/**
 * The same reply with results that look like the ledger's, so that only comparing replies tells
 * them from true ones. All liars make up the same, so their replies match.
 */
export function withFalseResults(reply: Reply): Reply {
  const results = reply.results.map((result) => ({
    ...result,
    result: JSON.stringify({ index: result.sequence, hash: wrongDigest(result.batch) }),
  }));
  return { ...reply, results };
}
