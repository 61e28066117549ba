/** Everything the page shows. It is changed by `reduce` alone, and bounded in every part. */

import type { Standing } from '@ccro/consensus';
import type {
  DecidedEvent,
  HelloEvent,
  NodeState,
  ProgressEvent,
  RatesEvent,
  SentMessage,
} from '@ccro/telemetry';

/** `lost`: it went away and is being tried again; `locked`: the gateway asks for a key. */
export type Connection = 'connecting' | 'live' | 'lost' | 'locked';

/** A node's own word, and when it came. */
interface HeardNode {
  readonly state: NodeState;
  readonly heardAtMs: number;
  /** The most that it ever said to have executed. */
  readonly mostExecuted: number;
}

export interface ShownMessage extends SentMessage {
  readonly key: number;
  readonly from: number;
}

/** The one slot whose messages are shown, slowly enough to be seen. */
export interface ShownSlot {
  readonly sequence: number;
  readonly startedAtMs: number;
  readonly messages: readonly ShownMessage[];
  /** There may have been more messages than these: some were left out on the way, or here. */
  readonly incomplete: boolean;
}

export interface ShownDecision {
  readonly sequence: number;
  readonly view: number;
  readonly digest: string;
  readonly fast: boolean | null;
  readonly requests: number | null;
  /** As the nodes told it, or as the gateway measured it up to f+1 replies. */
  readonly durationMs: number | null;
  readonly consensusTimeMs: number | null;
  readonly votes: DecidedEvent['nodes'] | null;
}

/** Everything that was said against one node of one kind. */
export interface Accusation {
  readonly accused: number;
  readonly kind: string;
  /** The most that the gateway found it to be worth. */
  readonly standing: Standing;
  /** Ascending. */
  readonly witnesses: readonly number[];
  readonly count: number;
}

/** Something that happened to a node on its way. */
export interface Notice extends ProgressEvent {
  readonly key: number;
}

export interface RatesPoint extends RatesEvent {
  readonly atMs: number;
}

export interface DashboardState {
  readonly connection: Connection;
  readonly hello: HelloEvent | undefined;
  readonly nodes: ReadonlyMap<number, HeardNode>;
  readonly shown: ShownSlot | undefined;
  /** The newest slot, kept until the shown one has been seen. */
  readonly waiting: Omit<ShownSlot, 'startedAtMs'> | undefined;
  readonly decisions: readonly ShownDecision[];
  readonly accusations: readonly Accusation[];
  readonly notices: readonly Notice[];
  readonly rates: readonly RatesPoint[];
  /** Events were left out, and nothing has been told of messages since. */
  readonly gap: boolean;
  /** Every which slot is told. */
  readonly every: number;
  /** Grows: names messages and notices. */
  readonly lastKey: number;
}

export const EMPTY_STATE: DashboardState = {
  connection: 'connecting',
  hello: undefined,
  nodes: new Map(),
  shown: undefined,
  waiting: undefined,
  decisions: [],
  accusations: [],
  notices: [],
  rates: [],
  gap: false,
  every: 1,
  lastKey: 0,
};

/** The state of another tab, whose clock began `byMs` later, with the times of this one's. */
export function movedTo(state: DashboardState, byMs: number): DashboardState {
  const { nodes, shown, rates } = state;
  return {
    ...state,
    nodes: new Map(
      [...nodes].map(([id, node]) => [id, { ...node, heardAtMs: node.heardAtMs + byMs }]),
    ),
    shown: shown && { ...shown, startedAtMs: shown.startedAtMs + byMs },
    rates: rates.map((point) => ({ ...point, atMs: point.atMs + byMs })),
  };
}
