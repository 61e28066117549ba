import type { Behaviour, OutgoingSend } from '../behaviour.js';
import { wrongDigest } from '../wrong-digest.js';
import { withFalseResults } from './false-replies.js';

/** Votes and replies are wrong, everything else is honest: the seed's second fault. */
export function falsify(): Behaviour {
  return { kind: 'falsify', hears: () => true, outgoing: (send) => [falsified(send)] };
}

function falsified(send: OutgoingSend): OutgoingSend {
  const { message } = send;
  if (message.kind === 'vote') {
    return { ...send, message: { ...message, digest: wrongDigest(message.digest) } };
  }
  if (message.kind === 'reply') return { ...send, message: withFalseResults(message) };
  return send;
}
