/**
 * The collector and what happens when it fails: votes are broadcast on that slot, and the primary
 * names another collector for later ones.
 *
 * Invariants kept here:
 * - bounded cost: a bad collector costs one timeout on a slot. It is passed over when the primary
 *   missed a certificate, when f+1 replicas did, of whom one is honest, or when one did and the primary
 *   knows that the certificate did not go to all;
 * - an honest collector is not passed over for what others say: a vote is no secret once its certificate
 *   went to all, and anybody can make a reminder of it, so that a reminder says nothing any more;
 * - replicas agree on the collector by the pre-prepares: a backup takes it from the newest one, and
 *   until the next one expects what the primary's own rule leads to.
 */

import type { ReplicaId } from '../messages/ids.js';
import type { PrePrepare, SlotPhase } from '../messages/index.js';
import { nextCollectorAfter } from '../routing/collector.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';

/** The collector of `slot`: named by its pre-prepare, or the one to be expected without it. */
export function collectorFor(state: ReplicaState, slot: Slot): ReplicaId {
  return namedCollector(slot) ?? state.nextCollector;
}

/** Who gathers the votes of `slot`; undefined when everyone does. */
export function gathererFor(state: ReplicaState, slot: Slot): ReplicaId | undefined {
  return state.dependencies.router.gatherer(collectorFor(state, slot));
}

function namedCollector(slot: Slot): ReplicaId | undefined {
  return (slot.inView.proposal?.prePrepare ?? slot.inView.awaitingBodies)?.collector;
}

/** Who gathers the votes of `slot` by the primary's own word. */
export function namedGatherer(state: ReplicaState, slot: Slot): ReplicaId | undefined {
  const named = namedCollector(slot);
  return named === undefined ? undefined : state.dependencies.router.gatherer(named);
}

/** A pre-prepare of the current view was accepted: later ones name the same, as far as known. */
export function noteCollector(state: ReplicaState, prePrepare: PrePrepare): void {
  const { sequence, collector } = prePrepare;
  if (sequence <= state.collectorNamedAt) return;
  state.collectorNamedAt = sequence;
  // The primary knows better: it may have passed over this one since.
  if (!state.isPrimary) state.nextCollector = collector;
}

/** No certificate came: from now on this slot's votes are broadcast. */
export function fallBack(state: ReplicaState, slot: Slot, phase: SlotPhase): void {
  slot.inView.fellBack = true;
  noteReminder(state, slot, phase, state.self);
  // Who was without a broker cannot be blamed.
  if (slot.inView.spansOutage) return;
  slot.inView.missedCertificate = true;
  const accused = namedGatherer(state, slot);
  if (accused === undefined || accused === state.self) return;
  const { sequence } = slot;
  state.emit({
    kind: 'evidence',
    evidence: { kind: 'collector-failed', accused, view: state.view, sequence, phase },
  });
}

/**
 * A replica lacks the certificate of a phase of `slot`, and tells all. The primary passes over the
 * collector on its own statement or that of f+1 others; all others get the same and expect it to.
 *
 * @returns whether this is the (f+1)-th, so that the collector has failed
 */
export function noteReminder(
  state: ReplicaState,
  slot: Slot,
  phase: SlotPhase,
  replica: ReplicaId,
): boolean {
  const { reminders, wentToAll } = slot.inView;
  if (wentToAll.has(phase) || reminders.has(replica)) return false;
  reminders.add(replica);
  const believed = reminders.size === state.size.weakQuorum;
  // Of what this replica voted on before it stopped it does not know any more what went to all.
  const isOfThisRun = slot.ownVote(phase)?.castAtMs !== undefined;
  const withheld = isOfThisRun && slot.certificate(phase)?.view === state.view;
  if (believed || withheld || replica === state.primary) passOver(state, slot);
  return believed;
}

/** From now on the primary names another collector, if `slot` names the one that it would name. */
export function passOver(state: ReplicaState, slot: Slot): void {
  const named = namedGatherer(state, slot);
  if (named !== state.nextCollector) return;
  state.nextCollector = nextCollectorAfter(state.primary, named, state.size.n);
}
