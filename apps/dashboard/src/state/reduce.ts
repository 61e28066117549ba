import type {
  ClusterEvent,
  DecidedEvent,
  DecisionEvent,
  EvidenceEvent,
  MessagesEvent,
} from '@ccro/telemetry';
import {
  EMPTY_STATE,
  type Accusation,
  type Connection,
  type DashboardState,
  type ShownDecision,
} from './dashboard-state.js';
import { SLOT_MS } from './phases.js';

/** What can happen to the page's state. Times are milliseconds on the page's own clock. */
export type Action =
  | { readonly kind: 'connection'; readonly connection: Connection }
  | { readonly kind: 'event'; readonly event: ClusterEvent; readonly nowMs: number };

export const LIMITS = {
  decisions: 24,
  accusations: 40,
  notices: 24,
  rates: 120,
  messages: 300,
} as const;

/** The state after `action`. */
export function reduce(state: DashboardState, action: Action): DashboardState {
  switch (action.kind) {
    case 'connection':
      return { ...state, connection: action.connection };
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
    case 'node': {
      const nodes = new Map(state.nodes);
      nodes.set(event.node, { state: event.state, heardAtMs: nowMs });
      return { ...state, nodes };
    }
    case 'messages':
      return withMessages(state, event, nowMs);
    case 'decision':
      return { ...state, decisions: withDecision(state.decisions, toldByNodes(event)) };
    case 'decided':
      return { ...state, decisions: withDecision(state.decisions, toldByGateway(event)) };
    case 'progress': {
      const lastKey = state.lastKey + 1;
      const notices = [{ ...event, key: lastKey }, ...state.notices].slice(0, LIMITS.notices);
      return { ...state, lastKey, notices };
    }
    case 'evidence':
      return { ...state, accusations: withEvidence(state.accusations, event) };
    case 'rates': {
      const rates = [...state.rates, { ...event, atMs: nowMs }].slice(-LIMITS.rates);
      return { ...state, rates };
    }
    case 'skipped':
      return state;
  }
}

/** One slot at a time is shown: the newest, once the one before has been seen to its end. */
function withMessages(
  state: DashboardState,
  { messages, every }: MessagesEvent,
  nowMs: number,
): DashboardState {
  const { shown } = state;
  const sequences = messages.flatMap(({ sequence, phase }) =>
    sequence === null || phase === 'checkpoint' ? [] : [sequence],
  );
  const over = shown === undefined || nowMs - shown.startedAtMs > SLOT_MS;
  const newest = sequences.length === 0 ? undefined : Math.max(...sequences);
  const begins = over && newest !== undefined && newest !== shown?.sequence;
  const slot = begins ? { sequence: newest, startedAtMs: nowMs, messages: [] } : shown;
  if (slot === undefined) return { ...state, every };
  let { lastKey } = state;
  const added = messages
    .filter(({ sequence, phase }) => sequence === slot.sequence && phase !== 'checkpoint')
    .map((message) => ({ ...message, key: (lastKey += 1) }));
  const all = [...slot.messages, ...added].slice(0, LIMITS.messages);
  return { ...state, every, lastKey, shown: { ...slot, messages: all } };
}

function toldByNodes(event: DecisionEvent): ShownDecision {
  const { sequence, view, digest, fast, requests, durationMs } = event;
  const unknown = { consensusTimeMs: null, votes: null };
  return { sequence, view, digest, fast, requests, durationMs, ...unknown };
}

function toldByGateway(event: DecidedEvent): ShownDecision {
  const { sequence, view, digest, consensusTimeMs, nodes } = event;
  const unknown = { fast: null, requests: null, durationMs: null };
  return { sequence, view, digest, consensusTimeMs, votes: nodes, ...unknown };
}

/** Newest first; what nodes and gateway tell of one slot is put together. */
function withDecision(
  decisions: readonly ShownDecision[],
  told: ShownDecision,
): readonly ShownDecision[] {
  const known = decisions.find(({ sequence }) => sequence === told.sequence);
  const merged: ShownDecision = {
    ...told,
    fast: told.fast ?? known?.fast ?? null,
    requests: told.requests ?? known?.requests ?? null,
    durationMs: told.durationMs ?? known?.durationMs ?? null,
    consensusTimeMs: told.consensusTimeMs ?? known?.consensusTimeMs ?? null,
    votes: told.votes ?? known?.votes ?? null,
  };
  return [merged, ...decisions.filter((each) => each !== known)]
    .sort((a, b) => b.sequence - a.sequence)
    .slice(0, LIMITS.decisions);
}

/** One entry per accused and kind, the newest first. */
function withEvidence(
  accusations: readonly Accusation[],
  { accused, kind, witness, sequence }: EvidenceEvent,
): readonly Accusation[] {
  const known = accusations.find((each) => each.accused === accused && each.kind === kind);
  const witnesses = [...new Set([...(known?.witnesses ?? []), witness])].sort((a, b) => a - b);
  const entry = { accused, kind, witnesses, count: (known?.count ?? 0) + 1, sequence };
  return [entry, ...accusations.filter((each) => each !== known)].slice(0, LIMITS.accusations);
}
