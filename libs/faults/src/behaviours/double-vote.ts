import { heard, type Conduct, type BehaviourContext, type OutgoingSend } from '../behaviour.js';
import { wrongDigest } from '../wrong-digest.js';

/** Signs two votes where one is allowed. Which one comes first varies: the first one counts. */
export function doubleVote({ random, self }: BehaviourContext): Conduct {
  return {
    hears: () => true,
    outgoing(send): readonly OutgoingSend[] {
      const { message } = send;
      if (message.kind !== 'vote') return [send];
      const truth = heard(send, self);
      const lie = { ...truth, message: { ...message, digest: wrongDigest(message.digest) } };
      return random() < 0.5 ? [truth, lie] : [lie, truth];
    },
  };
}
