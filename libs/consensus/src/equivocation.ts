import type { PrePrepare } from './messages.js';
import type { ReplicaState } from './state/replica-state.js';

/**
 * Shows all what convicts the primary whose view was left for it: without bodies, which prove
 * nothing about it. Sent again with the view-change, as long as the next view does not begin.
 */
export function showEquivocation(
  state: ReplicaState,
  proposals: readonly PrePrepare[] = state.equivocation ?? [],
): void {
  for (const prePrepare of proposals) {
    state.emit({ kind: 'send', to: { kind: 'all' }, message: { ...prePrepare, bodies: [] } });
  }
}
