import type { ClientId, Digest, ReplicaId, SequenceNumber, View } from '../messages/ids.js';
import type { OutgoingMessage, Tally } from '../messages/index.js';
import type { StoreRecord } from './durable.js';
import type { Evidence } from './evidence.js';
import type { RejectCode } from './rejection.js';
import type { DifferingReplica } from './settings.js';
import type { TimerKey } from './timers.js';

/** Whom a message is for. `all` includes the sender. */
export type Destination =
  | { readonly kind: 'all' }
  | { readonly kind: 'replica'; readonly id: ReplicaId }
  | { readonly kind: 'client'; readonly id: ClientId };

/** A slot has executed here: what logs, reports and telemetry show. */
export interface ExecutedSlot {
  readonly sequence: SequenceNumber;
  readonly view: View;
  readonly digest: Digest;
  readonly requests: number;
  readonly collector: ReplicaId | undefined;
  readonly tally: Tally;
  /** Milliseconds from accepting the pre-prepare; undefined when the slot came by catch-up. */
  readonly durationMs: number | undefined;
  /** Whether votes were broadcast because certificates did not come in time. */
  readonly fellBack: boolean;
  /** Whether the votes of all n decided it, in one round. */
  readonly fast: boolean;
}

/** Something about this replica's way that an operator may want to know: for logs. */
export type Progress =
  | { readonly kind: 'left-view'; readonly view: View; readonly why: ViewChangeReason }
  | { readonly kind: 'entered-view'; readonly view: View; readonly carriedOver: number }
  | { readonly kind: 'stable-checkpoint'; readonly sequence: SequenceNumber }
  | { readonly kind: 'fetching-state'; readonly sequence: SequenceNumber }
  | { readonly kind: 'took-state-over'; readonly sequence: SequenceNumber }
  /** Another replica was told something else; at most once a minute each. */
  | ({ readonly kind: 'settings-differ' } & DifferingReplica)
  /** So many were that this one takes no part any more. */
  | { readonly kind: 'takes-no-part'; readonly differing: readonly DifferingReplica[] }
  | { readonly kind: 'takes-part-again' };

/** Why a replica asks for another view. */
export type ViewChangeReason =
  'request-waits' | 'collectors-fail' | 'primary-equivocates' | 'view-did-not-begin' | 'others-ask';

/**
 * What a step asks for. Effects run in order; everything in a `persist` is durable before any
 * later effect runs (the `Ready` contract of etcd's raft). A message that the runner signs and
 * that is addressed to this replica too comes back to it as an input, after it was persisted.
 */
export type Effect =
  | { readonly kind: 'persist'; readonly records: readonly StoreRecord[] }
  | { readonly kind: 'send'; readonly to: Destination; readonly message: OutgoingMessage }
  | {
      /** Send stored decisions first..last to a lagging replica. The runner reads the store. */
      readonly kind: 'send-decisions';
      readonly to: ReplicaId;
      readonly first: SequenceNumber;
      readonly last: SequenceNumber;
    }
  | {
      /**
       * Send a part of the state at checkpoint `sequence` to a replica that lacks it, if the store
       * has that state. The runner reads the store.
       */
      readonly kind: 'send-chunk';
      readonly to: ReplicaId;
      readonly sequence: SequenceNumber;
      /** Name of the chunk; the empty name stands for the manifest, see `state/manifest.ts`. */
      readonly chunk: string;
      readonly part: number;
    }
  | { readonly kind: 'set-timer'; readonly timer: TimerKey; readonly afterMs: number }
  | { readonly kind: 'cancel-timer'; readonly timer: TimerKey }
  | { readonly kind: 'executed'; readonly slot: ExecutedSlot }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  | {
      readonly kind: 'reject';
      readonly code: RejectCode;
      readonly from: ReplicaId | ClientId | undefined;
    };
