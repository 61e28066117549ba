import type { Outcome } from '@ccro/client';
import type {
  ClientId,
  Evidence,
  ExecutedSlot,
  Progress,
  RejectCode,
  ReplicaId,
} from '@ccro/consensus';
import type { WireMessage } from '@ccro/wire';
import type { Published } from '../simulated-network.js';

/** Something that happens in a simulated cluster, for traces and transcripts. */
export type ClusterEvent =
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
  | { readonly kind: 'executed'; readonly replica: ReplicaId; readonly slot: ExecutedSlot }
  | { readonly kind: 'progress'; readonly replica: ReplicaId; readonly progress: Progress }
  | { readonly kind: 'evidence'; readonly replica: ReplicaId; readonly evidence: Evidence }
  | {
      readonly kind: 'rejected';
      readonly replica: ReplicaId;
      readonly code: RejectCode;
      readonly from: string | number | undefined;
    }
  | { readonly kind: 'stopped'; readonly replica: ReplicaId; readonly error: unknown }
  | { readonly kind: 'decided'; readonly client: ClientId; readonly outcome: Outcome };

/** Sees what happens, with its virtual milliseconds. */
export type ClusterListener = (event: ClusterEvent, atMs: number) => void;
