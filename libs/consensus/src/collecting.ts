/**
 * The collector and what happens when it fails: votes are broadcast on that slot, and the primary
 * names another collector for later ones.
 *
 * Invariant kept here (bounded cost): a bad collector costs one timeout on a slot. It is passed
 * over when this primary missed a certificate, or when f+1 replicas did, of whom one is honest.
 */

import type { ReplicaId } from './ids.js';
import type { SlotPhase } from './messages.js';
import type { ReplicaState } from './state/replica-state.js';
import type { Slot } from './state/slot.js';

/** The collector of `slot`: named by its pre-prepare, or the one to be expected without it. */
export function collectorFor(state: ReplicaState, slot: Slot): ReplicaId {
  const prePrepare = slot.proposal?.prePrepare ?? slot.awaitingBodies;
  return prePrepare?.collector ?? state.nextCollector;
}

/** Who gathers the votes of `slot`; undefined when everyone does. */
export function gathererFor(state: ReplicaState, slot: Slot): ReplicaId | undefined {
  return state.dependencies.router.gatherer(collectorFor(state, slot));
}

/** No certificate came: from now on this slot's votes are broadcast. */
export function fallBack(state: ReplicaState, slot: Slot, phase: SlotPhase): void {
  slot.fellBack = true;
  const accused = gathererFor(state, slot);
  if (accused === undefined || accused === state.self) return;
  const { sequence } = slot;
  state.emit({
    kind: 'evidence',
    evidence: { kind: 'collector-failed', accused, view: state.view, sequence, phase },
  });
  passOver(state, accused);
}

/** Another replica lacks a certificate of `slot`: f+1 of those are believed. */
export function noteReminder(state: ReplicaState, slot: Slot, replica: ReplicaId): void {
  slot.reminders.add(replica);
  if (slot.reminders.size !== state.size.weakQuorum) return;
  const gatherer = gathererFor(state, slot);
  if (gatherer !== undefined) passOver(state, gatherer);
}

function passOver(state: ReplicaState, collector: ReplicaId): void {
  if (state.isPrimary && collector === state.nextCollector) state.collectorShift += 1;
}
