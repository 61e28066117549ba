import type { Digests, PrePrepare, ReplicaId } from '@ccro/consensus';
import {
  othersOf,
  proposalWith,
  toEach,
  type BehaviourContext,
  type Conduct,
  type Outgoing,
  type OutgoingSend,
} from '../behaviour.js';
import { shuffled } from '../random.js';
import { ProposedInstead } from './proposed-instead.js';

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

  const proposals = (
    send: OutgoingSend,
    message: Outgoing<'pre-prepare'>,
  ): readonly OutgoingSend[] => {
    if (message.replica !== context.self) return [send];
    const twin = twinOf(message, context.digests);
    twins.set(message, twin.digest);
    const lie = { ...send, message: twin };
    if (send.to.kind === 'all') return split(send, lie);
    return isAmong(toldOtherwise, send) ? [lie] : [send];
  };

  return {
    outgoing(send) {
      if (send.message.kind === 'pre-prepare') return proposals(send, send.message);
      const lie = twins.votedFor(send);
      if (lie === send) return [send];
      return send.to.kind === 'all' ? split(send, lie) : [send, lie];
    },
  };
}

/**
 * The same requests as another batch, unsigned: in reverse order, or the only one twice. Honest
 * replicas hold all its requests, so only the messages of the other half contradict it.
 */
function twinOf(message: Outgoing<'pre-prepare'>, digests: Digests): Omit<PrePrepare, 'signature'> {
  const [first] = message.requests;
  const once = message.requests.length === 1 && first !== undefined;
  const requests = once ? [first, first] : message.requests.toReversed();
  return proposalWith(message, { requests, digest: digests.batch(requests) });
}

function isAmong(replicas: readonly ReplicaId[], { to }: OutgoingSend): boolean {
  return to.kind === 'replica' && replicas.includes(to.id);
}
