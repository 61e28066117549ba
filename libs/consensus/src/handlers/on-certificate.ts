import { noteLagging } from '../catching-up.js';
import { applyCheckpoint } from '../checkpointing.js';
import type { Via } from '../input.js';
import {
  isSlotCertificate,
  type Certificate,
  type SlotCertificate,
  type Verified,
} from '../messages.js';
import { decides } from '../quorum.js';
import type { ReplicaState } from '../state/replica-state.js';
import { beginViewIfPrimary, completeNewView } from '../view-change/new-view.js';
import { applyCertificate, checkAgreement } from '../voting.js';

/** A certificate from the collector or from a peer that helps: it proves itself. */
export function onCertificate(
  state: ReplicaState,
  certificate: Verified<Certificate>,
  via: Via,
): void {
  if (isSlotCertificate(certificate)) onSlotCertificate(state, certificate, via);
  else applyCheckpoint(state, certificate as Verified<Certificate<'checkpoint'>>);
}

function onSlotCertificate(
  state: ReplicaState,
  certificate: Verified<SlotCertificate>,
  via: Via,
): void {
  const { sequence, view } = certificate;
  if (sequence <= state.lastExecuted) {
    checkAgreement(state, state.window.get(sequence), certificate);
    return;
  }
  state.recovery.highestCertified = Math.max(state.recovery.highestCertified, sequence);
  if (!state.window.contains(sequence)) {
    noteLagging(state);
    return;
  }
  // A decision holds in whatever view it was made; preparing is the view's own affair.
  const isDecisive = decides(certificate, state.size.n);
  if (!isDecisive && (view !== state.view || !state.active)) {
    if (!state.active && state.viewChanges.learn(certificate)) {
      // A view may begin, now that this proves what view-changes report.
      beginViewIfPrimary(state);
      completeNewView(state);
      return;
    }
    state.reject('wrong-view');
    return;
  }
  applyCertificate(state, state.window.open(sequence), certificate, via === 'broadcast');
  noteLagging(state);
}
