/** What `GET /events` of the gateway tells: types only, shared with the page that shows it. */

import type { Standing } from '@ccro/consensus';
import type {
  NodeState,
  ReportedDecision,
  ReportedEvidence,
  ReportedProgress,
  SentMessage,
} from './node-report.js';

/** The first event of every connection. */
export interface HelloEvent {
  readonly type: 'hello';
  readonly cluster: string;
  readonly mode: 'ccro' | 'pbft';
  readonly n: number;
  readonly f: number;
  readonly quorum: number;
  /** Faults that may be injected, with a line each; none where that is not allowed. */
  readonly faults: readonly { readonly kind: string; readonly description: string }[];
}

/** A node's own word about itself. */
export interface NodeEvent {
  readonly type: 'node';
  readonly node: number;
  readonly state: NodeState;
}

/** Messages that nodes say to have sent, of a sample of those slots that f+1 nodes told of. */
export interface MessagesEvent {
  readonly type: 'messages';
  /** Slots are told whose number this divides; f+1 nodes leave out as many, or more. */
  readonly every: number;
  readonly messages: readonly (SentMessage & { readonly from: number })[];
  /** Entries that nodes or the gateway left out. */
  readonly omitted: number;
}

/** f+1 nodes told of the same decision. Of each figure an honest one of them named as much. */
export interface DecisionEvent extends Omit<ReportedDecision, 'durationMs'> {
  readonly type: 'decision';
  /** From accepting the pre-prepare; null where one of those nodes learnt it from others. */
  readonly durationMs: number | null;
}

/** A node leaves or enters a view, or fetches the state. */
export interface ProgressEvent extends ReportedProgress {
  readonly type: 'progress';
  readonly node: number;
}

/** One node accuses another. */
export interface EvidenceEvent extends ReportedEvidence {
  readonly type: 'evidence';
  readonly witness: number;
  /** What it rests on: `suspected` is the witness's claim, the others the gateway has checked. */
  readonly standing: Standing;
}

/** A request of this gateway was decided; a few a second are told. */
export interface DecidedEvent {
  readonly type: 'decided';
  readonly id: string;
  readonly view: number;
  readonly sequence: number;
  readonly digest: string;
  readonly consensusTimeMs: number;
  readonly nodes: readonly {
    readonly id: number;
    readonly reply: 'matching' | 'false' | 'none';
    readonly correct: number | null;
    readonly corrupt: number | null;
  }[];
}

/** What the gateway did in the last second; it comes every second and is the heartbeat too. */
export interface RatesEvent {
  readonly type: 'rates';
  readonly accepted: number;
  readonly decided: number;
  readonly failed: number;
  readonly refused: number;
  readonly pending: number;
  /** Of requests decided in that second; null when there were none. */
  readonly consensusMs: { readonly median: number; readonly p99: number } | null;
}

/** What this gateway did in the last minutes: second of a connection, if it did anything. */
export interface HistoryEvent {
  readonly type: 'history';
  /** The newest decisions, the oldest of them first. */
  readonly decided: readonly DecidedEvent[];
  readonly rates: readonly (RatesEvent & { readonly agoMs: number })[];
}

/** This reader was too slow for so many events. */
export interface SkippedEvent {
  readonly type: 'skipped';
  readonly count: number;
}

export type ClusterEvent =
  | HelloEvent
  | NodeEvent
  | MessagesEvent
  | DecisionEvent
  | ProgressEvent
  | EvidenceEvent
  | DecidedEvent
  | RatesEvent
  | HistoryEvent
  | SkippedEvent;
