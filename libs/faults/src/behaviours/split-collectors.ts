import type { ReplicaId } from '@ccro/consensus';
import { othersOf, proposalWith, type BehaviourContext, type Conduct } from '../behaviour.js';

/**
 * As primary, proposes the same to all and names another collector to each: so no collector
 * gets the votes of a quorum, and all wait for theirs in vain.
 */
export function splitCollectors(context: BehaviourContext): Conduct {
  const others = othersOf(context);
  const collectorFor = (receiver: ReplicaId): ReplicaId =>
    others[(others.indexOf(receiver) + 1) % others.length] ?? receiver;

  return {
    outgoing(send) {
      const { message, to } = send;
      if (message.kind !== 'pre-prepare' || message.replica !== context.self) return [send];
      const receivers = to.kind === 'replica' ? [to.id] : others;
      return receivers.map((id) => ({
        ...send,
        to: { kind: 'replica', id },
        message: proposalWith(message, { collector: collectorFor(id) }),
      }));
    },
  };
}
