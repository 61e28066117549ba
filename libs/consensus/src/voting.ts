/**
 * Votes and certificates: phases 2 and 3 of PBFT, section 4.2, and their gathering by the
 * collector.
 *
 * Invariants kept here:
 * - no-equivocation: a vote is recorded durably before it is sent, one digest per (phase, view);
 * - certificates: Q distinct signers on the same (phase, view, sequence, digest);
 * - a commit vote is cast only on a prepare certificate of the current view.
 */

import type { Destination } from './effect.js';
import type { Digest, View } from './ids.js';
import { fetchBatch } from './catching-up.js';
import { gathererFor } from './collecting.js';
import { disputeIfDifferent } from './disputes.js';
import { invariant } from './invariants.js';
import { executeReady } from './executing.js';
import {
  isSlotCertificate,
  type SlotCertificate,
  type SlotPhase,
  type Verified,
} from './messages.js';
import type { ReplicaState } from './state/replica-state.js';
import type { Slot } from './state/slot.js';

/** Votes for `digest`, durably, and starts waiting for the certificate. */
export function castVote(state: ReplicaState, slot: Slot, phase: SlotPhase, digest: Digest): void {
  invariant(state.active, 'no-equivocation', () => `a vote in view ${state.view} before it began`);
  slot.castVote(phase, { view: state.view, digest, castAtMs: state.nowMs });
  state.persist({
    kind: 'voted',
    phase,
    view: state.view,
    sequence: slot.sequence,
    digest,
  });
  sendVote(state, slot, phase);
  waitForCertificate(state, slot, phase);
}

/** Starts the time within which the certificate of the current view's `phase` should come. */
export function waitForCertificate(state: ReplicaState, slot: Slot, phase: SlotPhase): void {
  state.emit({
    kind: 'set-timer',
    timer: { kind: 'certificate', view: state.view, sequence: slot.sequence, phase },
    afterMs: state.certificateDelay.timeoutMs(0),
  });
}

/** Sends this replica's recorded vote: to who gathers it, or to all once the slot fell back. */
export function sendVote(state: ReplicaState, slot: Slot, phase: SlotPhase): void {
  const vote = slot.ownVote(phase);
  if (vote === undefined) return;
  state.emit({
    kind: 'send',
    to: voteDestination(state, slot),
    message: {
      kind: 'vote',
      phase,
      view: vote.view,
      sequence: slot.sequence,
      digest: vote.digest,
      replica: state.self,
      attempt: slot.attempts,
    },
  });
}

function voteDestination(state: ReplicaState, slot: Slot): Destination {
  const gatherer = slot.fellBack ? undefined : gathererFor(state, slot);
  return gatherer === undefined ? { kind: 'all' } : { kind: 'replica', id: gatherer };
}

/** Makes a certificate once a quorum of distinct signers voted for `digest`. */
export function assembleCertificate(
  state: ReplicaState,
  slot: Slot,
  phase: SlotPhase,
  view: View,
  digest: Digest,
): void {
  if (slot.decidedDigest !== undefined) return;
  const held = slot.certificate(phase);
  if (held !== undefined && held.view >= view) return;
  const votes = slot.votesFor(phase, view, digest);
  if (votes.length < state.size.quorum) return;
  const signers = votes.slice(0, state.size.quorum).sort((a, b) => a.replica - b.replica);
  const certificate = state.dependencies.certificates.assemble(signers);
  if (!isSlotCertificate(certificate)) return;
  publishIfGatherer(state, slot, certificate);
  applyCertificate(state, slot, certificate);
}

/**
 * Sends a certificate to all, once, if gathering this slot's votes is up to this replica. Before
 * the pre-prepare says so it cannot know: `accept` calls this again.
 */
export function publishIfGatherer(
  state: ReplicaState,
  slot: Slot,
  certificate: SlotCertificate,
): void {
  if (slot.proposal === undefined || gathererFor(state, slot) !== state.self) return;
  if (!slot.publishOnce(certificate.phase)) return;
  state.emit({ kind: 'send', to: { kind: 'all' }, message: certificate });
}

/** Takes a certificate into account: prepared on the first phase, committed on the second. */
export function applyCertificate(
  state: ReplicaState,
  slot: Slot,
  certificate: Verified<SlotCertificate>,
): void {
  const { phase, view, digest } = certificate;
  checkAgreement(slot, certificate);
  const held = slot.certificate(phase);
  if (slot.decidedDigest !== undefined || (held !== undefined && held.view >= view)) return;
  slot.setCertificate(certificate);
  state.persist({ kind: 'certified', certificate });
  if (!slot.fellBack) learnDelay(state, slot, phase);
  stopWaiting(state, slot, phase);
  disputeIfDifferent(state, slot, digest);
  if (phase === 'prepare') onPrepared(state, slot, certificate);
  else onCommitted(state, slot, certificate);
}

/**
 * Two commit certificates for different digests at one sequence number mean that more than f
 * replicas are faulty: then nothing can be trusted any more.
 *
 * @throws InvariantViolation
 */
export function checkAgreement(slot: Slot | undefined, certificate: SlotCertificate): void {
  const decided = slot?.decidedDigest;
  invariant(
    certificate.phase !== 'commit' || decided === undefined || decided === certificate.digest,
    'agreement',
    () => `two commit certificates at sequence ${certificate.sequence}`,
  );
}

function onPrepared(state: ReplicaState, slot: Slot, certificate: SlotCertificate): void {
  const voted = slot.ownVote('commit');
  if (voted !== undefined && voted.view >= certificate.view) return;
  castVote(state, slot, 'commit', certificate.digest);
}

function onCommitted(state: ReplicaState, slot: Slot, certificate: SlotCertificate): void {
  stopWaiting(state, slot, 'prepare');
  if (slot.batchOf(certificate.digest) === undefined) {
    fetchBatch(state, slot, certificate.digest, certificate.proof.signers);
  }
  executeReady(state);
}

function learnDelay(state: ReplicaState, slot: Slot, phase: SlotPhase): void {
  const vote = slot.ownVote(phase);
  if (vote?.castAtMs === undefined) return;
  state.certificateDelay.observe(state.nowMs - vote.castAtMs);
}

function stopWaiting(state: ReplicaState, slot: Slot, phase: SlotPhase): void {
  const vote = slot.ownVote(phase);
  if (vote === undefined) return;
  const timer = { kind: 'certificate', view: vote.view, sequence: slot.sequence, phase } as const;
  state.emit({ kind: 'cancel-timer', timer });
}
