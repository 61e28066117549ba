/**
 * Whether checking the signatures of a message could change anything. Verifying is nearly all the
 * work of a replica, so what is already known is recognised before.
 *
 * Invariant kept here: screening only ever drops. It changes no state, so an unverified message
 * can at worst be ignored because an equal or better one was accepted earlier.
 */

import type { ProtocolMessage } from './messages.js';
import { awaitsPart } from './fetching-state.js';
import { decides } from './quorum.js';
import type { ReplicaState } from './state/replica-state.js';
import { isSameProposal } from './state/slot.js';

/** `wanted`: verify it. `own-echo`: this replica said it itself. Else: known or of no use. */
export type Screening = 'wanted' | 'own-echo' | 'duplicate' | 'outside-watermarks' | 'unsolicited';

export function screen(state: ReplicaState, message: ProtocolMessage): Screening {
  // Of a replica that is kept apart nothing else has any use.
  if (state.isApart && message.kind !== 'status') return 'unsolicited';
  switch (message.kind) {
    case 'request':
    case 'requests':
      return 'wanted';
    case 'status':
    case 'fetch':
    case 'fetch-chunk':
      return message.replica === state.self ? 'own-echo' : 'wanted';
    case 'chunk-part':
      return awaitsPart(state, message) ? 'wanted' : 'unsolicited';
    case 'vote':
      return screenVote(state, message);
    case 'pre-prepare':
      return screenPrePrepare(state, message);
    case 'certificate':
      return screenCertificate(state, message);
    case 'view-change':
      return screenViewChange(state, message);
    case 'new-view':
      return screenNewView(state, message);
    case 'suspicion':
      return screenSuspicion(state, message);
    case 'decision':
      if (message.sequence <= state.lastExecuted) return 'duplicate';
      return message.sequence > state.window.highWatermark ? 'outside-watermarks' : 'wanted';
  }
}

type Kind<K extends ProtocolMessage['kind']> = Extract<ProtocolMessage, { kind: K }>;

function screenVote(state: ReplicaState, vote: Kind<'vote'>): Screening {
  if (vote.replica === state.self) return 'own-echo';
  if (vote.attempt > 0) return 'wanted';
  if (!state.window.contains(vote.sequence)) return 'outside-watermarks';
  const known =
    vote.phase === 'checkpoint'
      ? state.checkpoints.vote(vote.sequence, vote.replica)
      : state.window.get(vote.sequence)?.vote(vote.phase, vote.replica);
  return known?.view === vote.view && known.digest === vote.digest ? 'duplicate' : 'wanted';
}

/**
 * Of each replica the first view-change of the highest view it asks for counts, until there are enough
 * for the view that is to begin, besides what a new-view refers to and what was asked for with its
 * proofs.
 */
function screenViewChange(state: ReplicaState, viewChange: Kind<'view-change'>): Screening {
  const { replica, view, digest, stable, slots } = viewChange;
  const { viewChanges } = state;
  if (replica === state.self) return 'own-echo';
  // Everyone would have to fill the gap.
  const highest = slots.at(-1)?.sequence ?? 0;
  if (highest > stable.sequence + state.config.windowSlots) return 'outside-watermarks';
  if (viewChanges.asksFor(digest) || viewChanges.isWanted(viewChange)) return 'wanted';
  // Who asks for a view that began is helped into it.
  const began = view < state.view || (view === state.view && state.active);
  if (began) return state.active ? 'wanted' : 'duplicate';
  if ((viewChanges.of(replica)?.view ?? -1) >= view) return 'duplicate';
  return view === state.view && viewChanges.hasEnoughFor(view) ? 'duplicate' : 'wanted';
}

/** Its own comes back to a primary that stopped before it had entered the view. */
function screenNewView(state: ReplicaState, { replica, view }: Kind<'new-view'>): Screening {
  const began = view < state.view || (view === state.view && state.active);
  if (began && replica === state.self) return 'own-echo';
  const awaited = state.viewChanges.awaited(replica);
  return began || (awaited !== undefined && awaited.view >= view) ? 'duplicate' : 'wanted';
}

/** Who suspects the primary of a view that is over is helped into the present one. */
function screenSuspicion(state: ReplicaState, suspicion: Kind<'suspicion'>): Screening {
  if (suspicion.replica === state.self) return 'own-echo';
  if (suspicion.view < state.view) return state.active ? 'wanted' : 'duplicate';
  return state.suspicions.holds(suspicion, state.nowMs - state.viewTimeoutMs / 4)
    ? 'duplicate'
    : 'wanted';
}

function screenPrePrepare(state: ReplicaState, prePrepare: Kind<'pre-prepare'>): Screening {
  const { sequence, view } = prePrepare;
  const proposal = state.window.get(sequence)?.proposal?.prePrepare;
  const known = proposal !== undefined && isSameProposal(proposal, prePrepare);
  if (known && proposal.replica === state.self) return 'own-echo';
  if (known) return 'duplicate';
  // A new primary that proposes what has executed here has not heard of it, and is told.
  if (view > 0 && view === state.view && prePrepare.replica === state.primary) return 'wanted';
  // A second proposal for an executed slot is still evidence, as long as the first one is here.
  return proposal === undefined && sequence <= state.lastExecuted ? 'duplicate' : 'wanted';
}

function screenCertificate(state: ReplicaState, certificate: Kind<'certificate'>): Screening {
  const { sequence, phase, view } = certificate;
  if (phase === 'checkpoint') {
    return sequence > state.checkpoints.stable.sequence ? 'wanted' : 'duplicate';
  }
  const slot = state.window.get(sequence);
  const isDecisive = decides(certificate, state.size.n);
  const decided = slot?.decisive;
  const held = decided ?? slot?.certificate(phase);
  const known = decided !== undefined || (held !== undefined && held.view >= view && !isDecisive);
  if (!known && sequence > state.lastExecuted) return 'wanted';
  // Two decisions that contradict each other must come to light, however late.
  if (isDecisive && held !== undefined && held.digest !== certificate.digest) {
    return 'wanted';
  }
  const collector = slot?.proposal?.prePrepare.collector;
  return collector === state.self ? 'own-echo' : 'duplicate';
}
