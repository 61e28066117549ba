import type { Standing } from '@ccro/consensus';
import type {
  ClusterEvent,
  DecidedEvent,
  DecisionEvent,
  EvidenceEvent,
  HistoryEvent,
  MessagesEvent,
  NodeEvent,
} from '@ccro/telemetry';
import {
  EMPTY_STATE,
  type Accusation,
  type Connection,
  type DashboardState,
  type Notice,
  type ShownDecision,
  type ShownMessage,
  type ShownSlot,
} from './dashboard-state.js';
import { SLOT_MS } from './phases.js';

/** What can happen to the page's state. Times are milliseconds on the page's own clock. */
export type Action =
  | { readonly kind: 'connection'; readonly connection: Connection }
  /** Another tab knows all of it already. */
  | { readonly kind: 'adopt'; readonly state: DashboardState }
  | { readonly kind: 'event'; readonly event: ClusterEvent; readonly nowMs: number };

export const LIMITS = {
  decisions: 24,
  /** Suspicions: what is proven is at most one entry for each node and kind, and stays. */
  suspicions: 40,
  notices: 24,
  /** Of one node: what others tell has its place too. */
  noticesPerNode: 6,
  rates: 120,
  messages: 300,
} as const;

/** The state after `action`. */
export function reduce(state: DashboardState, action: Action): DashboardState {
  switch (action.kind) {
    case 'connection':
      return { ...state, connection: action.connection };
    case 'adopt':
      return action.state;
    case 'event':
      return onEvent(state, action.event, action.nowMs);
  }
}

function onEvent(state: DashboardState, event: ClusterEvent, nowMs: number): DashboardState {
  switch (event.type) {
    case 'hello': {
      // Another cluster, or the same started anew: what was shown is of the past.
      const same = state.hello?.cluster === event.cluster && state.hello.n === event.n;
      return { ...(same ? state : EMPTY_STATE), connection: 'live', hello: event };
    }
    case 'node':
      return withNode(state, event, nowMs);
    case 'messages':
      return withMessages(state, event, nowMs);
    case 'decision':
      return { ...state, decisions: withDecision(state.decisions, fromNodes(event)) };
    case 'decided':
      return { ...state, decisions: withDecision(state.decisions, fromGateway(event)) };
    case 'progress': {
      const lastKey = state.lastKey + 1;
      return { ...state, lastKey, notices: withNotice(state.notices, { ...event, key: lastKey }) };
    }
    case 'evidence':
      return { ...state, accusations: withEvidence(state.accusations, event) };
    case 'rates': {
      const rates = [...state.rates, { ...event, atMs: nowMs }].slice(-LIMITS.rates);
      return withTurn({ ...state, rates }, nowMs);
    }
    case 'history':
      return withHistory(state, event, nowMs);
    case 'skipped':
      return { ...withGap(state), gap: true };
  }
}

/** What the gateway did before this page came, or while it was away. */
function withHistory(state: DashboardState, event: HistoryEvent, nowMs: number): DashboardState {
  const rates = event.rates.map(({ agoMs, ...each }) => ({ ...each, atMs: nowMs - agoMs }));
  const decisions = event.decided.reduce<readonly ShownDecision[]>(
    (known, each) => withDecision(known, fromGateway(each)),
    state.decisions,
  );
  return { ...state, rates: rates.slice(-LIMITS.rates), decisions };
}

/**
 * Believes what a node says of itself. A node that says to have executed less than before has lost what it
 * knew. If more nodes did than may be faulty, the cluster began anew at slot 1: then the slots that are
 * shown are of the old one, and new ones would never seem newer.
 */
function withNode(
  state: DashboardState,
  { node, state: said }: NodeEvent,
  nowMs: number,
): DashboardState {
  const mostExecuted = Math.max(said.lastExecuted, state.nodes.get(node)?.mostExecuted ?? 0);
  const heard = new Map(state.nodes).set(node, { state: said, heardAtMs: nowMs, mostExecuted });
  const fellBack = [...heard].filter(([, each]) => each.state.lastExecuted < each.mostExecuted);
  if (state.hello === undefined || fellBack.length <= state.hello.f) {
    return { ...state, nodes: heard };
  }
  // The others spoke of the slots before; they say soon how they are now.
  const nodes = new Map(
    fellBack.map(([id, each]) => [id, { ...each, mostExecuted: each.state.lastExecuted }]),
  );
  return { ...state, nodes, shown: undefined, waiting: undefined, decisions: [] };
}

/**
 * One slot at a time is shown. The newest of those that come meanwhile waits until it has been
 * seen; the others are passed over.
 */
function withMessages(
  state: DashboardState,
  { messages, every, omitted }: MessagesEvent,
  nowMs: number,
): DashboardState {
  const incomplete = state.gap || omitted > 0;
  let { lastKey, shown, waiting } = incomplete ? withGap(state) : state;
  for (const told of messages) {
    const { sequence, phase } = told;
    if (sequence === null || phase === 'checkpoint') continue;
    const message = { ...told, key: (lastKey += 1) };
    if (sequence === shown?.sequence) shown = withMessage(shown, message);
    else if (sequence === waiting?.sequence) waiting = withMessage(waiting, message);
    else if (sequence > (waiting ?? shown ?? { sequence: 0 }).sequence) {
      waiting = { sequence, messages: [message], incomplete };
    }
  }
  return withTurn({ ...state, gap: false, every, lastKey, shown, waiting }, nowMs);
}

type SlotMessages = Pick<ShownSlot, 'messages' | 'incomplete'>;

function withMessage<Slot extends SlotMessages>(slot: Slot, message: ShownMessage): Slot {
  if (slot.messages.length >= LIMITS.messages) return leftOut(slot);
  return { ...slot, messages: [...slot.messages, message] };
}

/** Messages were left out, which may have been of any slot. */
function withGap(state: DashboardState): DashboardState {
  const { shown, waiting } = state;
  return { ...state, shown: shown && leftOut(shown), waiting: waiting && leftOut(waiting) };
}

function leftOut<Slot extends SlotMessages>(slot: Slot): Slot {
  return slot.incomplete ? slot : { ...slot, incomplete: true };
}

/** The waiting slot is shown once the one before it has been seen to its end. */
function withTurn(state: DashboardState, nowMs: number): DashboardState {
  const { shown, waiting } = state;
  if (waiting === undefined) return state;
  if (shown !== undefined && nowMs - shown.startedAtMs <= SLOT_MS) return state;
  return { ...state, shown: { ...waiting, startedAtMs: nowMs }, waiting: undefined };
}

type ToldDecision = Pick<ShownDecision, 'sequence' | 'view' | 'digest'> & Partial<ShownDecision>;

const NOTHING_TOLD = { fast: null, requests: null, consensusTimeMs: null, votes: null };

function fromNodes(event: DecisionEvent): ToldDecision {
  const { sequence, view, digest, fast, requests, durationMs } = event;
  return { sequence, view, digest, fast, requests, durationMs };
}

function fromGateway(event: DecidedEvent): ToldDecision {
  const { sequence, view, digest, consensusTimeMs, nodes } = event;
  return { sequence, view, digest, consensusTimeMs, votes: nodes };
}

/** Newest first; what nodes and gateway tell of one slot is put together. */
function withDecision(
  decisions: readonly ShownDecision[],
  told: ToldDecision,
): readonly ShownDecision[] {
  const known = decisions.find(({ sequence }) => sequence === told.sequence);
  const durationMs = told.durationMs ?? known?.durationMs ?? null;
  const merged: ShownDecision = { ...NOTHING_TOLD, ...known, ...told, durationMs };
  return [merged, ...decisions.filter((each) => each !== known)]
    .sort((a, b) => b.sequence - a.sequence)
    .slice(0, LIMITS.decisions);
}

function withNotice(notices: readonly Notice[], notice: Notice): readonly Notice[] {
  const counts = new Map<number, number>();
  return [notice, ...notices]
    .filter(({ node }) => {
      const count = (counts.get(node) ?? 0) + 1;
      counts.set(node, count);
      return count <= LIMITS.noticesPerNode;
    })
    .slice(0, LIMITS.notices);
}

const RANK: Readonly<Record<Standing, number>> = { proven: 0, signed: 1, suspected: 2 };

/**
 * One entry per accused and kind: what is proven first, then what more nodes say, then the newest.
 * A witness that invents suspicions pushes out none that is proven or that others share.
 */
function withEvidence(
  accusations: readonly Accusation[],
  { accused, kind, witness, standing }: EvidenceEvent,
): readonly Accusation[] {
  const known = accusations.find((each) => each.accused === accused && each.kind === kind);
  const witnesses = [...new Set([...(known?.witnesses ?? []), witness])].sort((a, b) => a - b);
  const isMore = known === undefined || RANK[standing] < RANK[known.standing];
  const entry: Accusation = {
    ...{ accused, kind, witnesses, count: (known?.count ?? 0) + 1 },
    standing: isMore ? standing : known.standing,
  };
  const ranked = [entry, ...accusations.filter((each) => each !== known)].sort(
    (a, b) => RANK[a.standing] - RANK[b.standing] || b.witnesses.length - a.witnesses.length,
  );
  const certain = ranked.filter((each) => each.standing !== 'suspected');
  return ranked.slice(0, certain.length + LIMITS.suspicions);
}
