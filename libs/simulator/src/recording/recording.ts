/**
 * A run, step by step, as plain data: what a replay shows. Everything in it is seen from
 * outside the simulation; no replica knows all of it.
 */

import type {
  ClientId,
  Digest,
  Evidence,
  Phase,
  Progress,
  RejectCode,
  ReplicaId,
  SequenceNumber,
  View,
} from '@ccro/consensus';
import type { WireMessage } from '@ccro/wire';
import type { Mode } from '../schedule/schedule.js';
import type { SimulatedFault } from '../simulated-node.js';
import type { Party } from '../trace/names.js';

/** What a message says, as far as it is shown. What a kind has not is left out. */
export interface Said {
  readonly kind: WireMessage['kind'] | 'unreadable';
  readonly text: string;
  /** Who signed it. */
  readonly author?: ReplicaId;
  readonly phase?: Phase;
  readonly view?: View;
  readonly sequence?: SequenceNumber;
  readonly digest?: Digest;
  /** Of a certificate. */
  readonly signers?: readonly ReplicaId[];
}

/** A batch in its place. */
export interface Place {
  readonly view: View;
  readonly sequence: SequenceNumber;
  readonly digest: Digest;
}

/** What a certificate proves: that these signed what is said of its slot. */
interface Certified extends Place {
  readonly phase: Phase;
  readonly signers: readonly ReplicaId[];
}

/** What happened. */
export type Happening =
  | NodeHappening
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'violated'; readonly text: string }
  | {
      readonly kind: 'sent';
      readonly from: Party;
      readonly to: Party;
      readonly said: Said;
      /** Whom it will reach, perhaps more than once, and whom not. */
      readonly reaches: readonly Party[];
      readonly lostFor: readonly Party[];
      /** An honest node would not have said that. */
      readonly lie: boolean;
    }
  | {
      readonly kind: 'decided';
      readonly client: ClientId;
      readonly timestamp: number;
      readonly sequence: SequenceNumber;
      readonly result: string;
    };

type NodeHappening = { readonly node: ReplicaId } & (
  | {
      /** A message is in order, and is acted on. */
      readonly kind: 'received';
      /** Undefined where it waited to be checked. */
      readonly from: Party | undefined;
      readonly said: Said;
    }
  | ({
      readonly kind: 'accepted';
      readonly requests: number;
      /** Whom the proposal names; it gathers votes in CCRO alone. */
      readonly collector: ReplicaId;
    } & Place)
  | ({ readonly kind: 'voted'; readonly phase: Phase } & Place)
  | ({ readonly kind: 'certified' } & Certified)
  | ({ readonly kind: 'executed'; readonly requests: number; readonly fast: boolean } & Place)
  | { readonly kind: 'progress'; readonly progress: Progress }
  | { readonly kind: 'evidence'; readonly accused: ReplicaId; readonly what: Evidence['kind'] }
  | { readonly kind: 'rejected'; readonly code: RejectCode; readonly from: Party | undefined }
  | { readonly kind: 'stopped'; readonly why: string }
  | { readonly kind: 'power-off' }
  /** A node begins again with what its disk held. */
  | ({ readonly kind: 'started' } & Remembered)
  | { readonly kind: 'fault'; readonly fault: SimulatedFault | undefined }
  /** A faulty node says nothing, where an honest one would have said this. */
  | { readonly kind: 'withheld'; readonly said: Said }
);

/** What a node knows again when it starts. */
export interface Remembered {
  readonly view: View;
  readonly lastExecuted: SequenceNumber;
  readonly voted: readonly ({ readonly phase: Phase } & Place)[];
  readonly certified: readonly Certified[];
}

/** Something that happened, and when: virtual milliseconds from the start. */
export type RecordedStep = { readonly atMs: number } & Happening;

export interface Recording {
  readonly title: string;
  /** What to look for, in a sentence or two; empty for a run that nobody wrote about. */
  readonly about: string;
  readonly mode: Mode;
  readonly n: number;
  readonly f: number;
  readonly quorum: number;
  /** SHA-256 of the run's trace, as `npm run simulate -- --seed` prints it. */
  readonly hash: string;
  /** The step with which the story begins. */
  readonly begins: number;
  readonly steps: readonly RecordedStep[];
  /** What was violated; empty when all is well. */
  readonly violations: readonly string[];
}
