/**
 * Votes and certificates: phases 2 and 3 of PBFT, section 4.2, and their gathering by the
 * collector.
 *
 * Invariants kept here:
 * - no-equivocation: a vote is recorded durably before it is sent, one digest per (phase, view), which
 *   `Slot.castVote` in `state/slot.ts` checks;
 * - certificates: Q distinct signers on the same (phase, view, sequence, digest), and a commit vote is
 *   cast only on a prepare certificate of the current view.
 */

import type { Digest, View } from '../messages/ids.js';
import {
  type Certificate,
  type SlotCertificate,
  type SlotPhase,
  type SlotVote,
  type Verified,
  isSlotCertificate,
} from '../messages/index.js';
import type { Destination } from '../model/effect.js';
import { invariant } from '../model/invariants.js';
import { decides } from '../model/quorum.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';
import { gathererFor, namedGatherer, passOver } from './collecting.js';
import { disputeIfDifferent } from './disputes.js';
import { fetchBatch } from './fetching-batches.js';

/** Votes for `digest`, durably, and starts waiting for the certificate. */
export function castVote(state: ReplicaState, slot: Slot, phase: SlotPhase, digest: Digest): void {
  invariant(state.active, 'no-equivocation', () => `a vote in view ${state.view} before it began`);
  if (state.isJustBack) slot.inView.spansOutage = true;
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
  // The primary was told nothing: it is the one who tells.
  const told =
    slot.inView.attempts > 0 && !state.isPrimary ? namedGatherer(state, slot) : undefined;
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
      attempt: slot.inView.attempts,
      ...(told !== undefined && { collector: told }),
    },
  });
}

function voteDestination(state: ReplicaState, slot: Slot): Destination {
  const gatherer = slot.inView.fellBack ? undefined : gathererFor(state, slot);
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
  if (isSettled(state, slot)) return;
  const held = slot.certificate(phase);
  if (held !== undefined && held.view >= view) return;
  const votes = slot.votesFor(phase, view, digest);
  if (votes.length < state.size.quorum) return;
  if (phase === 'prepare' && waitsForAll(state, slot, digest, votes.length)) return;
  const isFull = phase === 'prepare' && votes.length === state.size.n && mayBeFull(state, slot);
  const count = isFull ? state.size.n : state.size.quorum;
  const signers = votes.slice(0, count).sort((a, b) => a.replica - b.replica);
  const certificate = state.dependencies.certificates.assemble(signers);
  if (!isSlotCertificate(certificate)) return;
  const gatherer = gathererFor(state, slot);
  if (gatherer !== undefined && gatherer !== state.self) {
    // Its votes came from those whom the collector failed, so it is not waited for in vain once more.
    slot.inView.fellBack = true;
    passOver(state, slot);
  }
  publishIfGatherer(state, slot, certificate);
  applyCertificate(state, slot, certificate);
}

/**
 * Whether this collector, which has a quorum of prepare votes, waits for the rest of them: all n
 * decide the slot without a second round (the fast path, `docs/PROTOCOL.md`).
 */
function waitsForAll(state: ReplicaState, slot: Slot, digest: Digest, votes: number): boolean {
  if (!mayBeFull(state, slot)) return false;
  const { fastPath, nowMs } = state;
  const isFirst = slot.inView.quorum === undefined;
  if (isFirst) {
    slot.inView.quorum = { digest, atMs: nowMs };
    fastPath.reachedQuorum();
  }
  if (votes === state.size.n || !isWorthWaiting(state, slot)) return false;
  if (isFirst) {
    const timer = { kind: 'stragglers', view: state.view, sequence: slot.sequence } as const;
    state.emit({ kind: 'set-timer', timer, afterMs: fastPath.waitMs });
  }
  return true;
}

/** Whether all n may vote in time: those who never spoke will not. */
export function isWorthWaiting(state: ReplicaState, slot: Slot): boolean {
  return state.fastPath.isOn && state.hasHeardAll && !slot.inView.waitedForAll;
}

/** Slots carried over from an earlier view, and those whose collector failed, go the slow way. */
export function mayBeFull(state: ReplicaState, slot: Slot): boolean {
  return (
    state.config.fastPath &&
    state.size.n > 1 &&
    !slot.inView.fellBack &&
    !state.carriedOver.has(slot.sequence) &&
    gathererFor(state, slot) === state.self
  );
}

/** Notes that the votes of all n came after all, for deciding whether to wait for them again. */
export function noteAllVoted(state: ReplicaState, slot: Slot, vote: SlotVote): void {
  if (vote.phase !== 'prepare' || slot.inView.quorum === undefined) return;
  if (slot.votesFor('prepare', vote.view, vote.digest).length < state.size.n) return;
  const { quorum, spansOutage } = slot.inView;
  if (!spansOutage) state.fastPath.reachedAll(state.nowMs - quorum.atMs);
  const timer = { kind: 'stragglers', view: vote.view, sequence: slot.sequence } as const;
  state.emit({ kind: 'cancel-timer', timer });
}

/**
 * Not all votes came: the collector publishes the certificate of the quorum, whether or not it has the
 * proposal by now, and whichever digest it was told itself. The timer fires once, so only the end of
 * the slot or of the view may prevent this.
 */
export function onStragglersLate(state: ReplicaState, view: View, sequence: number): void {
  const slot = state.window.get(sequence);
  if (slot?.inView.quorum === undefined || view !== state.view || !state.active) return;
  if (isSettled(state, slot) || slot.certificate('prepare')?.view === view) return;
  slot.inView.waitedForAll = true;
  // What came late here says nothing of the others.
  if (slot.ownVote('prepare')?.view === view) state.fastPath.missed();
  assembleCertificate(state, slot, 'prepare', view, slot.inView.quorum.digest);
}

/** Whether no vote and no timer can change anything about the slot any more. */
export function isSettled(state: ReplicaState, slot: Slot): boolean {
  return state.hasExecuted(slot.sequence) || slot.decidedDigest !== undefined;
}

/**
 * Sends a certificate to all, once, if this replica collects this slot's votes. It learns that from the
 * pre-prepare, so `accept` calls this again.
 */
export function publishIfGatherer(
  state: ReplicaState,
  slot: Slot,
  certificate: SlotCertificate,
): void {
  if (slot.inView.proposal === undefined || gathererFor(state, slot) !== state.self) return;
  if (!slot.inView.publishOnce(certificate.phase)) return;
  state.emit({ kind: 'send', to: { kind: 'all' }, message: certificate });
}

/**
 * Takes a certificate into account: prepared on a quorum's first votes, decided on what decides.
 *
 * @param isPublished whether it went to all, as collectors send it, so that its delay is theirs
 */
export function applyCertificate(
  state: ReplicaState,
  slot: Slot,
  certificate: Verified<SlotCertificate>,
  isPublished = false,
): void {
  const { phase, view, digest } = certificate;
  checkAgreement(state, slot, certificate);
  if (isPublished) learnLateness(state, slot, certificate);
  const held = slot.certificate(phase);
  const isDecisive = decides(certificate, state.size.n);
  if (slot.decidedDigest !== undefined) return;
  if (held !== undefined && held.view >= view && !isDecisive) return;
  slot.setCertificate(certificate);
  // One that decides may be of an earlier view; the newer one is what a view-change must report.
  if (slot.certificate(phase) === certificate) state.persist({ kind: 'certified', certificate });
  const isFirst = held === undefined || held.view < view;
  const isCollected = gathererFor(state, slot) !== undefined;
  const isFromOthers = isCollected && slot.inView.fellBack && !isPublished;
  if (isFirst && !isFromOthers) learnDelay(state, slot, certificate);
  stopWaiting(state, slot, phase);
  disputeIfDifferent(state, slot, digest);
  if (isDecisive) onDecided(state, slot, certificate);
  else onPrepared(state, slot, certificate);
}

/**
 * Two certificates that decide one sequence number differently mean that more than f replicas are
 * faulty: no guarantee holds any more.
 *
 * @throws InvariantViolation
 */
export function checkAgreement(
  state: ReplicaState,
  slot: Slot | undefined,
  certificate: SlotCertificate,
): void {
  const decided = slot?.decidedDigest;
  invariant(
    !decides(certificate, state.size.n) || decided === undefined || decided === certificate.digest,
    'agreement',
    () => `two decisions at sequence ${certificate.sequence}`,
  );
}

function onPrepared(state: ReplicaState, slot: Slot, certificate: SlotCertificate): void {
  invariant(
    certificate.view === state.view,
    'certificates',
    () => `preparing in view ${certificate.view} at ${slot.sequence}, in view ${state.view}`,
  );
  if (slot.ownVote('commit')?.view === state.view) return;
  castVote(state, slot, 'commit', certificate.digest);
}

function onDecided(state: ReplicaState, slot: Slot, certificate: SlotCertificate): void {
  stopWaiting(state, slot, 'prepare');
  stopWaiting(state, slot, 'commit');
  if (slot.batchOf(certificate.digest) === undefined) {
    fetchBatch(state, slot, certificate.digest, certificate.proof.signers);
  }
}

/**
 * Whether this is a certificate that this replica waited for in vain and then had from others, before it
 * went to all: that says how long the collector takes, and nothing else can.
 */
export function isLateSample(
  state: ReplicaState,
  slot: Slot,
  { phase, view, sequence }: Certificate,
): boolean {
  const { missedCertificate, wentToAll } = slot.inView;
  return (
    missedCertificate &&
    phase !== 'checkpoint' &&
    !wentToAll.has(phase) &&
    view === state.view &&
    !state.hasExecuted(sequence) &&
    slot.certificate(phase)?.view === view
  );
}

/** A certificate that went to all is here. */
function learnLateness(state: ReplicaState, slot: Slot, certificate: SlotCertificate): void {
  if (isLateSample(state, slot, certificate)) learnDelay(state, slot, certificate);
  if (certificate.view === state.view) slot.inView.wentToAll.add(certificate.phase);
}

/**
 * What is of another view, or comes when this one is over, took the time that the view change took. What
 * was here when the vote was cast took none.
 */
function learnDelay(state: ReplicaState, slot: Slot, { phase, view }: SlotCertificate): void {
  const vote = slot.ownVote(phase);
  if (vote?.castAtMs === undefined || vote.view !== view || slot.inView.spansOutage) return;
  if (view !== state.view || !state.active || vote.castAtMs === state.nowMs) return;
  state.certificateDelay.observe(state.nowMs - vote.castAtMs, slot.inView.missedCertificate);
}

function stopWaiting(state: ReplicaState, slot: Slot, phase: SlotPhase): void {
  const vote = slot.ownVote(phase);
  if (vote === undefined) return;
  const timer = { kind: 'certificate', view: vote.view, sequence: slot.sequence, phase } as const;
  state.emit({ kind: 'cancel-timer', timer });
}
