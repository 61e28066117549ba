import type { SlotCertificate, Verified } from '../messages/index.js';
import type { Via } from '../model/input.js';
import { decides } from '../model/quorum.js';
import type { ReplicaState } from '../state/replica-state.js';
import { keepEarly } from '../state/waiting-for-view.js';
import { applyCertificate, checkAgreement } from './voting.js';

/** A slot's certificate, from the collector or from a peer that helps: it proves itself. */
export function onCertificate(
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
  if (!state.window.contains(sequence)) return;
  // A decision holds in whatever view it was made; preparing is the view's own affair.
  const isDecisive = decides(certificate, state.size.n);
  if (!isDecisive && (view !== state.view || !state.active)) {
    // It may prove what view-changes report.
    const proves = !state.active && state.viewChanges.learn(certificate);
    if (!keepEarly(state, certificate, via) && !proves) state.reject('wrong-view');
    return;
  }
  applyCertificate(state, state.window.open(sequence), certificate, via === 'broadcast');
}
