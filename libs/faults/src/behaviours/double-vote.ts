import { heard, wrongDigest, type Conduct, type BehaviourContext } from '../behaviour.js';

/** Signs two votes where one is allowed. Which one comes first varies: the first one counts. */
export function doubleVote({ random, self }: BehaviourContext): Conduct {
  return {
    outgoing(send) {
      const { message } = send;
      if (message.kind !== 'vote') return [send];
      const truth = heard(send, self);
      const lie = { ...truth, message: { ...message, digest: wrongDigest(message.digest) } };
      return random() < 0.5 ? [truth, lie] : [lie, truth];
    },
  };
}
