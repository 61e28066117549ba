import type { OutgoingMessage, PrePrepare, ReplicaId } from '@ccro/consensus';
import type { Conduct, BehaviourContext, OutgoingSend } from '../behaviour.js';
import { othersOf } from '../behaviour.js';

type Proposal = Extract<OutgoingMessage, { kind: 'pre-prepare' }>;

/**
 * As primary, proposes the same to all and names another collector to each: so no collector
 * gets the votes of a quorum, and all wait for theirs in vain.
 */
export function splitCollectors(context: BehaviourContext): Conduct {
  const others = othersOf(context);
  const collectorFor = (receiver: ReplicaId): ReplicaId =>
    others[(others.indexOf(receiver) + 1) % others.length] ?? receiver;

  return {
    hears: () => true,
    outgoing(send): readonly OutgoingSend[] {
      const { message, to } = send;
      if (message.kind !== 'pre-prepare' || message.replica !== context.self) return [send];
      const receivers = to.kind === 'replica' ? [to.id] : others;
      return receivers.map((id) => ({
        ...send,
        to: { kind: 'replica', id },
        message: naming(collectorFor(id), message),
      }));
    },
  };
}

/** The same proposal with that collector, unsigned: the signature covers the collector. */
function naming(collector: ReplicaId, message: Proposal): Omit<PrePrepare, 'signature'> {
  const { kind, view, sequence, digest, requests, bodies, replica } = message;
  return { kind, view, sequence, digest, requests, bodies, collector, replica };
}
