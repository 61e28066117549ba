import type { Digests, OutgoingMessage, PrePrepare, ReplicaId } from '@ccro/consensus';
import type { Conduct, BehaviourContext, OutgoingSend } from '../behaviour.js';
import { othersOf } from '../behaviour.js';
import { shuffled } from '../random.js';
import { ProposedInstead } from './proposed-instead.js';

type Vote = Extract<OutgoingMessage, { kind: 'vote' }>;
type Proposal = Extract<OutgoingMessage, { kind: 'pre-prepare' }>;

/**
 * As primary, signs two proposals for each slot: the true one for one half of the others, for the
 * other half the same requests as another batch, just as valid. It votes for both, to each half
 * for what that half was told. The halves are the same for the node's whole life, and the first
 * is the greater one, so with f = 1 and n = 4 the true batch can still be decided.
 *
 * As an ordinary replica it proposes nothing, and so is honest.
 */
export function equivocate(context: BehaviourContext): Conduct {
  const others = shuffled(othersOf(context), context.random);
  const told = others.slice(0, Math.ceil(others.length / 2)).sort((a, b) => a - b);
  const toldOtherwise = others.slice(told.length).sort((a, b) => a - b);
  const twins = new ProposedInstead();

  const split = (first: OutgoingSend, second: OutgoingSend): OutgoingSend[] => [
    ...toEach(told, first),
    ...toEach(toldOtherwise, second),
  ];

  const proposals = (send: OutgoingSend, message: Proposal): readonly OutgoingSend[] => {
    if (message.replica !== context.self) return [send];
    const twin = twinOf(message, context.digests);
    twins.set(message, twin.digest);
    const lie = { ...send, message: twin };
    if (send.to.kind === 'all') return split(send, lie);
    return isAmong(toldOtherwise, send) ? [lie] : [send];
  };

  const votes = (send: OutgoingSend, message: Vote): readonly OutgoingSend[] => {
    const digest = twins.get(message);
    if (digest === undefined) return [send];
    const lie = { ...send, message: { ...message, digest } };
    return send.to.kind === 'all' ? split(send, lie) : [send, lie];
  };

  return {
    hears: () => true,
    outgoing(send) {
      if (send.message.kind === 'pre-prepare') return proposals(send, send.message);
      if (send.message.kind === 'vote') return votes(send, send.message);
      return [send];
    },
  };
}

/**
 * The same requests as another batch, unsigned: in reverse order, or the only one twice. Honest
 * replicas hold all its requests, so only the messages of the other half contradict it.
 */
function twinOf(message: Proposal, digests: Digests): Omit<PrePrepare, 'signature'> {
  const [first] = message.requests;
  const once = message.requests.length === 1 && first !== undefined;
  const requests = once ? [first, first] : [...message.requests].reverse();
  const { view, sequence, bodies, collector, replica } = message;
  return {
    kind: 'pre-prepare',
    view,
    sequence,
    digest: digests.batch(requests),
    requests,
    bodies,
    collector,
    replica,
  };
}

function toEach(replicas: readonly ReplicaId[], send: OutgoingSend): OutgoingSend[] {
  return replicas.map((id) => ({ ...send, to: { kind: 'replica', id } }));
}

function isAmong(replicas: readonly ReplicaId[], { to }: OutgoingSend): boolean {
  return to.kind === 'replica' && replicas.includes(to.id);
}
