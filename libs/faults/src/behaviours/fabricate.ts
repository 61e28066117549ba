import type { PrePrepare, Request } from '@ccro/consensus';
import { requestDigest } from '@ccro/crypto';
import {
  proposalWith,
  type BehaviourContext,
  type Conduct,
  type Outgoing,
  type OutgoingSend,
} from '../behaviour.js';
import { ProposedInstead } from './proposed-instead.js';

type Unsigned = Omit<Request, 'signature' | 'signedWith'>;
type Forgery = (request: Unsigned, model: Request) => Request;
type Proposal = Outgoing<'pre-prepare'>;

const OPERATION = JSON.stringify({ type: 'append', data: 'nobody asked for this' });
/** Far enough above what the client uses to be new to everyone. */
const TIMESTAMP_STEP = 1000;

/** One way after the other, from any of them on: each must be refused. */
const FORGERIES: readonly Forgery[] = [alone, onLongerList, onListOfItsOwn, onSplitList];

/**
 * As primary, adds to every batch a request that no client signed, and votes for that batch. The
 * forgery carries a signature the client did give, for something else: for one request or, where
 * requests were signed together, for a list that is not quite this one.
 *
 * It needs a client's request to copy from; until it has seen one it is honest.
 */
export function fabricate(context: BehaviourContext): Conduct {
  const instead = new ProposedInstead();
  let model: Request | undefined;
  let forged = Math.floor(context.random() * FORGERIES.length);

  const proposals = (send: OutgoingSend, message: Proposal): readonly OutgoingSend[] => {
    if (message.replica !== context.self) return [send];
    model = message.bodies.at(-1) ?? model;
    if (model === undefined) return [send];
    const forge = FORGERIES[forged % FORGERIES.length] ?? alone;
    forged += 1;
    const lie = withFabrication(message, forge(unsigned(model, context), model), context);
    instead.set(message, lie.digest);
    return [{ ...send, message: lie }];
  };

  return {
    outgoing(send) {
      if (send.message.kind === 'pre-prepare') return proposals(send, send.message);
      return [instead.votedFor(send)];
    },
  };
}

/** What its client is made to ask for, still without a signature. */
function unsigned({ client, timestamp }: Request, { cluster }: BehaviourContext): Unsigned {
  const later = timestamp + TIMESTAMP_STEP;
  const digest = requestDigest(cluster, client, later, OPERATION);
  return { kind: 'request', client, timestamp: later, operation: OPERATION, digest };
}

/** As if the client had signed it by itself. */
function alone(request: Unsigned, { signature }: Request): Request {
  return { ...request, signature };
}

/** As if it had been one more of those that the client signed together. */
function onLongerList(request: Unsigned, { signature, signedWith = [] }: Request): Request {
  return { ...request, signature, signedWith: [...signedWith, request.digest] };
}

/** As if the signature were that of a list of it alone. */
function onListOfItsOwn(request: Unsigned, { signature }: Request): Request {
  return { ...request, signature, signedWith: [request.digest] };
}

/** With what the client signed, less its first half: in the place of that. */
function onSplitList(request: Unsigned, { signature, digest, signedWith }: Request): Request {
  const list = signedWith ?? [digest];
  const half = list.slice(Math.ceil(list.length / 2));
  return { ...request, signature, signedWith: [request.digest, ...half] };
}

function withFabrication(
  proposal: Proposal,
  forgery: Request,
  { digests }: BehaviourContext,
): Omit<PrePrepare, 'signature'> {
  const more = proposal.requests.includes(forgery.digest) ? [] : [forgery];
  const requests = [...proposal.requests, ...more.map(({ digest }) => digest)];
  const bodies = [...proposal.bodies, ...more];
  return proposalWith(proposal, { digest: digests.batch(requests), requests, bodies });
}
