import type { ReplicaId } from '@ccro/consensus';
import { heard, type Conduct, type BehaviourContext, type OutgoingSend } from '../behaviour.js';
import { wrongDigest } from '../wrong-digest.js';
import { withFalseResults } from './false-replies.js';

/** Votes and replies are wrong, everything else is honest: the seed's second fault. */
export function falsify({ self }: BehaviourContext): Conduct {
  return { hears: () => true, outgoing: (send) => [falsified(send, self)] };
}

function falsified(send: OutgoingSend, self: ReplicaId): OutgoingSend {
  const { message } = send;
  if (message.kind === 'vote') {
    const vote = { ...message, digest: wrongDigest(message.digest) };
    return heard({ ...send, message: vote }, self);
  }
  if (message.kind === 'reply') return { ...send, message: withFalseResults(message) };
  return send;
}
