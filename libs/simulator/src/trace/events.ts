/** What happens in a simulated cluster. Who sees it is told its virtual milliseconds as well. */

import type { Outcome } from '@ccro/client';
import type {
  ClientId,
  Evidence,
  ExecutedSlot,
  Progress,
  RejectCode,
  ReplicaId,
  Restored,
  StoreRecord,
  VerifiedMessage,
} from '@ccro/consensus';
import type { OutgoingSend } from '@ccro/faults';
import type { WireMessage } from '@ccro/wire';
import type { Published } from '../simulated-network.js';
import type { SimulatedFault } from '../simulated-node.js';

/** What traces and transcripts tell. */
export type ClusterEvent =
  | NodeEvent
  /** Something was done to the cluster. */
  | { readonly kind: 'note'; readonly text: string }
  /** What a checker found. */
  | { readonly kind: 'violated'; readonly message: string }
  | {
      readonly kind: 'published';
      readonly published: Published;
      /** Undefined for bytes that are no message. */
      readonly message: WireMessage | undefined;
    }
  | { readonly kind: 'decided'; readonly client: ClientId; readonly outcome: Outcome };

type NodeEvent = { readonly replica: ReplicaId } & (
  | { readonly kind: 'executed'; readonly slot: ExecutedSlot }
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'evidence'; readonly evidence: Evidence }
  | {
      readonly kind: 'rejected';
      readonly code: RejectCode;
      readonly from: string | number | undefined;
    }
  | { readonly kind: 'stopped'; readonly error: unknown }
);

/** What goes on inside a node. Traces leave it out: it follows from the rest. */
export type InnerEvent = { readonly replica: ReplicaId } & (
  | {
      /** A message was found to be in order and is about to be acted on. */
      readonly kind: 'received';
      readonly message: VerifiedMessage;
      /** Name of the connection it came from; undefined for what waited to be checked. */
      readonly from: string | undefined;
    }
  /** Something must not be forgotten any more. */
  | { readonly kind: 'stored'; readonly record: StoreRecord }
  /** A life begins with what the disk holds. */
  | { readonly kind: 'restored'; readonly restored: Restored | undefined }
  | { readonly kind: 'power'; readonly on: boolean }
  /** It misbehaves in this way from now on; undefined: it is honest again. */
  | { readonly kind: 'fault'; readonly fault: SimulatedFault | undefined }
  | {
      /** What a faulty node says, at once or later, in the place of what an honest one would. */
      readonly kind: 'behaved';
      readonly honest: OutgoingSend;
      readonly instead: readonly OutgoingSend[];
    }
);

export type ClusterListener = (event: ClusterEvent, atMs: number) => void;
export type Witness = (event: InnerEvent, atMs: number) => void;
