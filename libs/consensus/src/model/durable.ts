/**
 * What a replica must not forget: the records it writes, and what it restores from them.
 *
 * Invariant kept by these types (no-equivocation, across restarts): everything that a replica
 * signed is in some record, so that a restarted replica knows what it said.
 */

import type { Digest, SequenceNumber, View } from '../messages/ids.js';
import type {
  Certificate,
  Decision,
  MovedBy,
  NewView,
  Phase,
  PrePrepare,
  RequestResult,
  SlotCertificate,
  SlotPhase,
  Unsigned,
  UnsignedViewChange,
  Verified,
  ViewChange,
} from '../messages/index.js';

/** A part of the replicated state, hashed again only when it changes. */
export interface Chunk {
  readonly name: string;
  /** Never empty: a part with nothing in it is no part of the state. */
  readonly text: string;
  readonly digest: Digest;
}

/** What became of a chunk: its new content, or null when there is nothing in it any more. */
export interface ChunkChange {
  readonly name: string;
  readonly chunk: Chunk | null;
}

/** The whole state after `sequence`. */
export interface Snapshot {
  readonly sequence: SequenceNumber;
  readonly ledgerHead: Digest;
  /** Ascending by name. */
  readonly chunks: readonly Chunk[];
}

/** A decided slot that was executed. Its results are not needed to send it, nor to execute it again. */
export interface StoredDecision {
  readonly decision: Decision;
  /** Hash chain over batch digests and result digests up to this slot. */
  readonly ledgerHead: Digest;
}

/** A new-view with all the view-changes it refers to. */
export interface CompleteNewView {
  readonly newView: Verified<NewView>;
  readonly viewChanges: readonly Verified<ViewChange>[];
  /** As it is stored: what proves the view-changes, each once; they are without proofs then. */
  readonly certificates?: readonly Certificate[];
}

/** This replica's own vote, signed or about to be. */
export interface OwnVote<P extends Phase = Phase> {
  readonly phase: P;
  readonly view: View;
  readonly sequence: SequenceNumber;
  readonly digest: Digest;
}

/** What must be on stable storage before any later effect becomes visible. */
export type StoreRecord =
  | {
      /** As primary: this sequence number is spent on this batch, all bodies with it. */
      readonly kind: 'proposed';
      readonly prePrepare: Unsigned<PrePrepare>;
    }
  /** `prePrepare` holds every body of the batch. */
  | { readonly kind: 'accepted'; readonly prePrepare: PrePrepare }
  | ({ readonly kind: 'voted' } & OwnVote)
  /** Replaces an earlier one of the same slot and phase; a checkpoint's replaces all lower ones. */
  | { readonly kind: 'certified'; readonly certificate: Certificate }
  | {
      /** The replica leaves earlier views and asks for `view`, in these words. */
      readonly kind: 'view-left';
      readonly view: View;
      readonly viewChange: UnsignedViewChange;
      /** The messages of others that made it leave, to be shown to replicas that did not get them. */
      readonly movedBy?: readonly MovedBy[];
    }
  /** The view that `newView` begins has begun here. */
  | { readonly kind: 'view-entered'; readonly view: View; readonly newView: CompleteNewView }
  | ({
      readonly kind: 'executed';
      /** In the order of the batch. */
      readonly results: readonly RequestResult[];
    } & StoredDecision)
  | {
      /** The state after `sequence`, as the changes since the checkpoint before. */
      readonly kind: 'checkpoint';
      readonly sequence: SequenceNumber;
      readonly ledgerHead: Digest;
      readonly changes: readonly ChunkChange[];
    }
  /** The state came from another replica; replaces everything known of earlier state. */
  | { readonly kind: 'snapshot'; readonly snapshot: Snapshot };

/** What a replica knew when it stopped. */
export interface Restored {
  readonly view: View;
  /** What the view began with; null while it has not begun, and in view 0. */
  readonly newView: CompleteNewView | null;
  /** How this replica asked for the view, while it has not begun; else null. */
  readonly viewChange: UnsignedViewChange | null;
  /** Why it asks for the view, while the view has not begun; undefined where a store of an earlier version has none. */
  readonly movedBy?: readonly MovedBy[];
  /** The highest stable checkpoint's certificate; null before the first. */
  readonly stable: Certificate<'checkpoint'> | null;
  /** The newest state at or below the stable checkpoint that is whole; null before the first. */
  readonly snapshot: Snapshot | null;
  /** Everything executed after the snapshot, ascending, without gaps. */
  readonly decisions: readonly StoredDecision[];
  /**
   * Above the stable checkpoint, in no particular order: the latest of each slot, and of each
   * digest accepted in it.
   */
  readonly proposed: readonly Unsigned<PrePrepare>[];
  readonly accepted: readonly PrePrepare[];
  readonly votes: readonly OwnVote<SlotPhase>[];
  readonly certificates: readonly SlotCertificate[];
}
