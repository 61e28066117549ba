import { primaryOf, type Reproposal } from '@ccro/consensus';
import {
  proposalWith,
  type BehaviourContext,
  type Conduct,
  type Outgoing,
  type OutgoingSend,
} from '../behaviour.js';
import { ProposedInstead } from './proposed-instead.js';

/**
 * Lies when views change. As an ordinary replica it hides what it voted for and saw certified; as
 * primary of the new view it says that nothing has to be carried over, and proposes null batches
 * where it should propose again what may have been decided.
 */
export function falseViewChange(context: BehaviourContext): Conduct {
  const { self, n, digests } = context;
  const nullBatch = digests.batch([]);
  const instead = new ProposedInstead();
  let dropped: ReadonlySet<string> = new Set();

  const viewChange = (send: OutgoingSend, message: Outgoing<'view-change'>): OutgoingSend => {
    const isPrimary = primaryOf(message.view, n) === self;
    // Others look its own up by the digest its new-view names.
    if (message.replica !== self || isPrimary) return send;
    const { kind, view, stable, replica } = message;
    return { ...send, message: { kind, view, stable, slots: [], replica } };
  };

  const newView = (send: OutgoingSend, message: Outgoing<'new-view'>): OutgoingSend => {
    if (message.replica !== self) return send;
    const { kind, view, viewChanges, reproposals, replica } = message;
    dropped = new Set(reproposals.map(({ sequence }) => `${view}:${sequence}`));
    const nothing = reproposals.map(({ sequence }): Reproposal => {
      instead.set({ view, sequence }, nullBatch);
      return { sequence, digest: nullBatch };
    });
    return { ...send, message: { kind, view, viewChanges, reproposals: nothing, replica } };
  };

  const proposal = (send: OutgoingSend, message: Outgoing<'pre-prepare'>): OutgoingSend => {
    const { view, sequence, replica } = message;
    if (replica !== self || !dropped.has(`${view}:${sequence}`)) return send;
    const empty = { digest: nullBatch, requests: [], bodies: [] };
    return { ...send, message: proposalWith(message, empty) };
  };

  return {
    outgoing(send) {
      const { message } = send;
      if (message.kind === 'view-change') return [viewChange(send, message)];
      if (message.kind === 'new-view') return [newView(send, message)];
      if (message.kind === 'pre-prepare') return [proposal(send, message)];
      return [instead.votedFor(send)];
    },
  };
}
