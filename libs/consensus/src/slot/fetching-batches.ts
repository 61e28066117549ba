/** Asking for the batches of slots that others hold, one of them at a time. */

import type { Digest, ReplicaId } from '../messages/ids.js';
import type { TimerKey } from '../model/timers.js';
import type { ReplicaState } from '../state/replica-state.js';
import type { Slot } from '../state/slot.js';

/** Asks one of `holders` for the batch with `digest`, and another one if no answer comes. */
export function fetchBatch(
  state: ReplicaState,
  slot: Slot,
  digest: Digest,
  holders: readonly ReplicaId[],
): void {
  const { sequence } = slot;
  if (slot.fetching?.digest !== digest) slot.fetching = { digest, attempts: 0 };
  const { attempts } = slot.fetching;
  slot.fetching.attempts += 1;
  const others = holders.filter((holder) => holder !== state.self);
  const asked = others[(state.self + attempts) % Math.max(others.length, 1)];
  if (asked !== undefined) {
    state.emit({
      kind: 'send',
      to: { kind: 'replica', id: asked },
      message: { kind: 'fetch', replica: state.self, sequence, digest },
    });
  }
  state.emit({
    kind: 'set-timer',
    timer: { kind: 'fetch', sequence, digest },
    afterMs: state.certificateDelay.timeoutMs(attempts),
  });
}

/** The fetched batch did not come: another replica is asked, as long as it is wanted. */
export function onBatchMissing(
  state: ReplicaState,
  { sequence, digest }: Extract<TimerKey, { kind: 'fetch' }>,
): void {
  const slot = state.window.get(sequence);
  if (slot === undefined || state.hasExecuted(sequence)) return;
  if (slot.fetching?.digest !== digest) return;
  if (slot.batchOf(digest) !== undefined) return;
  const wanted = slot.decidedDigest ?? slot.inView.awaitingBodies?.digest;
  if (wanted !== undefined && wanted !== digest) return;
  const holders = slot.decisive?.proof.signers ?? state.everyone;
  fetchBatch(state, slot, digest, holders);
}
