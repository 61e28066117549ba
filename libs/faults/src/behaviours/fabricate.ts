import type { OutgoingMessage, PrePrepare, Request } from '@ccro/consensus';
import { requestDigest } from '@ccro/crypto';
import type { Behaviour, BehaviourContext, OutgoingSend } from '../behaviour.js';
import { ProposedInstead } from './proposed-instead.js';

type Proposal = Extract<OutgoingMessage, { kind: 'pre-prepare' }>;

const OPERATION = JSON.stringify({ type: 'append', data: 'nobody asked for this' });
/** Far enough above what the client uses to be new to everyone. */
const TIMESTAMP_STEP = 1000;

/**
 * As primary, adds to every batch a request that no client signed, and votes for that batch. The
 * forgery carries a signature the client did give, for something else.
 *
 * It needs a client's request to copy from; until it has seen one it is honest.
 */
export function fabricate(context: BehaviourContext): Behaviour {
  const instead = new ProposedInstead();
  let model: Request | undefined;

  const proposals = (send: OutgoingSend, message: Proposal): readonly OutgoingSend[] => {
    if (message.replica !== context.self) return [send];
    model = message.bodies.at(-1) ?? model;
    if (model === undefined) return [send];
    const lie = withFabrication(message, forge(model, context), context);
    instead.set(message, lie.digest);
    return [{ ...send, message: lie }];
  };

  return {
    kind: 'fabricate',
    hears: () => true,
    outgoing(send) {
      const { message } = send;
      if (message.kind === 'pre-prepare') return proposals(send, message);
      const digest = message.kind === 'vote' ? instead.get(message) : undefined;
      if (message.kind !== 'vote' || digest === undefined) return [send];
      return [{ ...send, message: { ...message, digest } }];
    },
  };
}

function forge({ client, timestamp, signature }: Request, { cluster }: BehaviourContext): Request {
  const later = timestamp + TIMESTAMP_STEP;
  const digest = requestDigest(cluster, client, later, OPERATION);
  return { kind: 'request', client, timestamp: later, operation: OPERATION, digest, signature };
}

function withFabrication(
  { view, sequence, requests, bodies, collector, replica }: Proposal,
  forgery: Request,
  { digests }: BehaviourContext,
): Omit<PrePrepare, 'signature'> {
  const known = new Set(requests);
  const more = known.has(forgery.digest) ? [] : [forgery];
  const together = [...requests, ...more.map(({ digest }) => digest)];
  return {
    kind: 'pre-prepare',
    view,
    sequence,
    digest: digests.batch(together),
    requests: together,
    bodies: [...bodies, ...more],
    collector,
    replica,
  };
}
