import {
  heard,
  wrongDigest,
  type BehaviourContext,
  type Conduct,
  type Outgoing,
  type OutgoingSend,
} from '../behaviour.js';

/** Votes and replies are wrong, everything else is honest: the seed's second fault. */
export function falsify({ self }: BehaviourContext): Conduct {
  const falsified = (send: OutgoingSend): OutgoingSend => {
    const { message } = send;
    if (message.kind !== 'vote') return withFalseReply(send);
    const vote = { ...message, digest: wrongDigest(message.digest) };
    return heard({ ...send, message: vote }, self);
  };
  return { outgoing: (send) => [falsified(send)] };
}

/**
 * Votes honestly and lies only to clients: no replica can notice. Scenario 27 of the scenario table with
 * f of them; f+1 make a client believe a result that no honest replica computed.
 */
export function falseReplies(): Conduct {
  return { outgoing: (send) => [withFalseReply(send)] };
}

function withFalseReply(send: OutgoingSend): OutgoingSend {
  const { message } = send;
  return message.kind === 'reply' ? { ...send, message: withFalseResults(message) } : send;
}

/**
 * The same reply with results that look like the ledger's, so that only comparing replies tells
 * them from true ones. All liars make up the same, so their replies match.
 */
function withFalseResults(reply: Outgoing<'reply'>): Outgoing<'reply'> {
  const results = reply.results.map((result) => ({
    ...result,
    result: JSON.stringify({ index: result.sequence, hash: wrongDigest(result.batch) }),
  }));
  return { ...reply, results };
}
