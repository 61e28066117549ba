import type { Behaviour, OutgoingSend } from '../behaviour.js';
import { wrongDigest } from '../wrong-digest.js';

/** Votes and replies are wrong, everything else is honest: the seed's second fault. */
export function falsify(): Behaviour {
  return { kind: 'falsify', hears: () => true, outgoing: (send) => [falsified(send)] };
}

function falsified(send: OutgoingSend): OutgoingSend {
  const { message } = send;
  if (message.kind === 'vote') {
    return { ...send, message: { ...message, digest: wrongDigest(message.digest) } };
  }
  if (message.kind === 'reply') {
    // Looks like the ledger's result, so that only comparing replies tells it from a true one.
    const results = message.results.map((result) => ({
      ...result,
      result: JSON.stringify({ index: result.sequence, hash: wrongDigest(result.batch) }),
    }));
    return { ...send, message: { ...message, results } };
  }
  return send;
}
