import type { ReplicaId, Restored, StoreRecord, VerifiedMessage } from '@ccro/consensus';
import type { OutgoingSend } from '@ccro/faults';
import type { SimulatedFault } from '../simulated-node.js';

/** What goes on inside a node. Traces leave it out: it follows from the rest. */
export type InnerEvent =
  | {
      /** A message was found to be in order and is about to be acted on. */
      readonly kind: 'received';
      readonly replica: ReplicaId;
      readonly message: VerifiedMessage;
      /** Name of the connection it came from; undefined for what waited to be checked. */
      readonly from: string | undefined;
    }
  /** Something must not be forgotten any more. */
  | { readonly kind: 'stored'; readonly replica: ReplicaId; readonly record: StoreRecord }
  /** A life begins with what the disk holds. */
  | {
      readonly kind: 'restored';
      readonly replica: ReplicaId;
      readonly restored: Restored | undefined;
    }
  | { readonly kind: 'power'; readonly replica: ReplicaId; readonly on: boolean }
  /** It misbehaves in this way from now on; undefined: it is honest again. */
  | {
      readonly kind: 'fault';
      readonly replica: ReplicaId;
      readonly fault: SimulatedFault | undefined;
    }
  | {
      /** What a faulty node says, at once or later, in the place of what an honest one would. */
      readonly kind: 'behaved';
      readonly replica: ReplicaId;
      readonly honest: OutgoingSend;
      readonly instead: readonly OutgoingSend[];
    };

/** Sees what goes on inside nodes, with its virtual milliseconds. */
export type Witness = (event: InnerEvent, atMs: number) => void;
