/**
 * Restart (`docs/PROTOCOL.md`): the state is restored from what the replica stored.
 *
 * Invariants kept here:
 * - no-equivocation, across restarts: every vote it signed is known again before it takes part;
 * - durability: the state is the stored one, executed on from the newest whole checkpoint, and
 *   comes to the same results;
 * - a view's primary that stopped before the view began here makes no new-view for it: it may have
 *   signed one already, and would sign another. If it had, the others help it into the view with that.
 */

import type { PrePrepare, SlotCertificate, Verified, ViewChange } from './messages/index.js';
import type { Restored } from './model/durable.js';
import { invariant } from './model/invariants.js';
import { executeAgain, executeReady } from './slot/executing.js';
import { fetchBatch } from './slot/fetching-batches.js';
import { repropose } from './slot/proposing.js';
import { resumeSlot } from './slot/resuming.js';
import type { ReplicaState } from './state/replica-state.js';
import type { Slot } from './state/slot.js';
import { askForView } from './view-change/changing-view.js';

/**
 * Puts a new replica into the state it stopped in. What came from its own store was verified when
 * it was stored.
 *
 * @throws InvariantViolation when what was stored contradicts itself
 */
export function restore(state: ReplicaState, restored: Restored): void {
  restoreView(state, restored);
  restoreExecuted(state, restored);
  restoreSlots(state, restored);
  state.nextSequence = Math.max(
    state.nextSequence,
    state.lastExecuted + 1,
    state.checkpoints.stable.sequence + 1,
    ...restored.proposed
      .filter(({ view }) => view === state.view)
      .map(({ sequence }) => sequence + 1),
  );
}

function restoreView(state: ReplicaState, { view, newView }: Restored): void {
  state.view = view;
  state.startCollectorsAnew();
  state.active = view === 0 || newView !== null;
  if (!state.active) state.failedViews = 1;
  if (newView === null) return;
  state.viewChanges.entered(newView);
  const { reproposals } = newView.newView;
  state.carriedOver = new Map(reproposals.map(({ sequence, digest }) => [sequence, digest]));
  const highest = reproposals.at(-1)?.sequence ?? 0;
  state.nextSequence = Math.max(state.nextSequence, highest + 1);
}

function restoreExecuted(state: ReplicaState, { stable, snapshot, decisions }: Restored): void {
  if (stable !== null) {
    state.checkpoints.stabilise(stable);
    state.window.advance(stable.sequence);
    state.recovery.highestCertified = stable.sequence;
  }
  if (snapshot !== null) {
    const { sequence, ledgerHead, chunks } = snapshot;
    state.chunks.load(chunks);
    state.lastExecuted = sequence;
    state.ledgerHead = ledgerHead;
    state.checkpoints.reached(sequence, state.chunks.digest(sequence, ledgerHead));
  }
  for (const decision of decisions) executeAgain(state, decision);
}

function restoreSlots(state: ReplicaState, restored: Restored): void {
  const at = (sequence: number): Slot | undefined =>
    state.window.contains(sequence) ? state.window.open(sequence) : undefined;
  for (const { phase, view, sequence, digest } of restored.votes) {
    at(sequence)?.castVote(phase, { view, digest, castAtMs: undefined });
  }
  for (const { view, sequence } of restored.proposed) at(sequence)?.markProposed(view);
  // This replica stored them after it had verified them.
  for (const certificate of restored.certificates) {
    at(certificate.sequence)?.setCertificate(certificate as Verified<SlotCertificate>);
  }
  for (const certificate of certificatesIn(restored)) {
    const slot = at(certificate.sequence);
    if (slot?.decisive === undefined)
      slot?.setCertificate(certificate as Verified<SlotCertificate>);
  }
  // Last: of many batches of one slot those are kept that were voted for or certified.
  for (const prePrepare of restored.accepted) {
    const slot = at(prePrepare.sequence);
    if (slot === undefined) continue;
    const bodies = new Map(prePrepare.bodies.map((request) => [request.digest, request]));
    const batch = prePrepare.requests.map((digest) => bodies.get(digest));
    const whole = batch.filter((request) => request !== undefined);
    invariant(
      whole.length === batch.length,
      'durability',
      () => `a batch accepted at ${prePrepare.sequence} was not stored whole`,
    );
    const proposal = { prePrepare, batch: whole };
    slot.keep(proposal);
    if (!state.active || prePrepare.view !== state.view) continue;
    slot.inView.proposal = proposal;
    restoreCollector(state, prePrepare);
  }
}

/** Whatever came of it since, the newest pre-prepare says what the others know of the collector. */
function restoreCollector(state: ReplicaState, { sequence, collector }: PrePrepare): void {
  if (sequence <= state.collectorNamedAt) return;
  state.collectorNamedAt = sequence;
  state.nextCollector = collector;
}

/** What executed by catching up was certified in its decision alone. */
function certificatesIn({ decisions }: Restored): SlotCertificate[] {
  return decisions.map(({ decision }) => decision.certificate as SlotCertificate);
}

/** Takes up what was under way when the replica stopped. Call once it is connected. */
export function resume(state: ReplicaState, restored: Restored): void {
  executeReady(state);
  // Decisions hold in whatever view they were made, and are waited for between views as well.
  for (const slot of state.window.values()) fetchDecided(state, slot);
  if (!state.active) {
    // It may have made its new-view before it stopped, and must not make another one.
    if (state.isPrimary) state.newViewMadeFor = state.view;
    // This replica had verified it before it stored it.
    for (const said of restored.movedBy ?? []) {
      if (said.kind === 'suspicion') state.suspicions.add(said, state.nowMs);
      else state.viewChanges.add(said as Verified<ViewChange>);
    }
    if (restored.viewChange !== null) askForView(state, restored.viewChange);
    return;
  }
  proposeStored(state, restored);
  reproposeRest(state, restored);
  for (const slot of state.window.values()) {
    if (state.hasExecuted(slot.sequence)) continue;
    resumeSlot(state, slot);
  }
}

/** A slot that is decided here waits for its batch alone. */
function fetchDecided(state: ReplicaState, slot: Slot): void {
  const decided = slot.decisive;
  if (state.hasExecuted(slot.sequence) || decided === undefined) return;
  if (slot.batchOf(decided.digest) !== undefined) return;
  fetchBatch(state, slot, decided.digest, decided.proof.signers);
}

/**
 * A new primary proposes the slots that its view carried over, or fetches their batches first; those
 * that it had not reached before it stopped are proposed now.
 */
function reproposeRest(state: ReplicaState, { proposed }: Restored): void {
  if (!state.isPrimary) return;
  const done = new Set(
    proposed.filter(({ view }) => view === state.view).map(({ sequence }) => sequence),
  );
  for (const sequence of state.carriedOver.keys()) {
    if (sequence > state.lastExecuted && !done.has(sequence)) repropose(state, sequence);
  }
}

/** A pre-prepare that was stored may never have left: without it there would be a gap. */
function proposeStored(state: ReplicaState, { proposed }: Restored): void {
  if (!state.isPrimary) return;
  for (const prePrepare of proposed) {
    const { view, sequence } = prePrepare;
    if (view !== state.view || sequence <= state.lastExecuted) continue;
    if (state.window.get(sequence)?.inView.proposal !== undefined) continue;
    state.emit({ kind: 'send', to: { kind: 'all' }, message: prePrepare });
  }
}
