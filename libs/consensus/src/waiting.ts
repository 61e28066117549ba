/** What a replica waits for at the moment, for logs and status queries. */

import type { ReplicaId, SequenceNumber, View } from './messages/ids.js';
import type { SlotPhase } from './messages/index.js';
import type { DifferingReplica } from './model/settings.js';
import { gathererFor } from './slot/collecting.js';
import type { ReplicaState } from './state/replica-state.js';
import type { Slot } from './state/slot.js';
import { isLagging } from './sync/catching-up.js';
import { agreeingNeeded } from './taking-part.js';

/** The first of these that applies. */
export type Waiting =
  | {
      /** Too many others were told something else: this replica takes no part. */
      readonly kind: 'settings';
      readonly differing: readonly DifferingReplica[];
    }
  | {
      /** It has just started: so many others must say that they were told the same. */
      readonly kind: 'agreement';
      readonly heard: number;
      readonly required: number;
    }
  | {
      /** The state at a checkpoint is on its way here, in `chunks` chunks, once that is known. */
      readonly kind: 'state';
      readonly sequence: SequenceNumber;
      readonly received: number;
      readonly chunks: number | undefined;
    }
  | {
      /** Others are ahead, and what led them there is on its way here. */
      readonly kind: 'decisions';
      readonly lastExecuted: SequenceNumber;
      /** What others have executed or certified, as far as this replica knows. */
      readonly ahead: SequenceNumber;
    }
  | {
      /** The view has not begun: so many replicas ask for it, and so many have to. */
      readonly kind: 'view';
      readonly view: View;
      readonly primary: ReplicaId;
      readonly asking: number;
      readonly required: number;
    }
  | {
      /** A primary that has just started: so many replicas said where they are. */
      readonly kind: 'reports';
      readonly heard: number;
      readonly required: number;
    }
  | {
      /** Votes on the lowest slot that is under way, which come here. */
      readonly kind: 'votes';
      readonly view: View;
      readonly sequence: SequenceNumber;
      readonly phase: SlotPhase;
      readonly votes: number;
      readonly required: number;
    }
  | {
      /** The certificate of the lowest slot that is under way: its collector makes it. */
      readonly kind: 'certificate';
      readonly view: View;
      readonly sequence: SequenceNumber;
      readonly phase: SlotPhase;
      readonly collector: ReplicaId;
    }
  | {
      /** The primary has not proposed what clients asked for. */
      readonly kind: 'proposal';
      readonly view: View;
      readonly primary: ReplicaId;
      readonly requests: number;
    };

/** @returns undefined when there is nothing to do */
export function waitingFor(state: ReplicaState): Waiting | undefined {
  const { othersSettings } = state;
  if (state.isApart) return { kind: 'settings', differing: othersSettings.differing };
  if (state.isListening) {
    const required = agreeingNeeded(state);
    return { kind: 'agreement', heard: othersSettings.agreeingCount, required };
  }
  const { transfer, recovery, lastExecuted, view, primary, size } = state;
  if (transfer !== undefined) {
    const chunks = transfer.manifest?.chunks.length;
    return { kind: 'state', sequence: transfer.sequence, received: transfer.chunks.size, chunks };
  }
  if (!state.active) {
    const asking = state.viewChanges.countAsking(view);
    return { kind: 'view', view, primary, asking, required: size.quorum };
  }
  const ahead = Math.max(recovery.provenProgress, recovery.highestCertified);
  if (isLagging(state)) return { kind: 'decisions', lastExecuted, ahead };
  const slot = state.window.get(lastExecuted + 1);
  if (slot?.inView.proposal !== undefined)
    return onSlot(state, slot, slot.inView.proposal.prePrepare.digest);
  if (state.isPrimary && !recovery.couldPropose(lastExecuted)) {
    return { kind: 'reports', heard: recovery.heardFrom + 1, required: size.quorum };
  }
  const requests = state.pool.size;
  return requests === 0 ? undefined : { kind: 'proposal', view, primary, requests };
}

function onSlot(state: ReplicaState, slot: Slot, digest: string): Waiting {
  const { view, self, size } = state;
  const { sequence } = slot;
  const phase = slot.certificate('prepare')?.view === view ? 'commit' : 'prepare';
  const collector = slot.inView.fellBack ? undefined : gathererFor(state, slot);
  if (collector !== undefined && collector !== self) {
    return { kind: 'certificate', view, sequence, phase, collector };
  }
  const votes = slot.votesFor(phase, view, digest).length;
  return { kind: 'votes', view, sequence, phase, votes, required: size.quorum };
}
