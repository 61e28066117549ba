/** What follows from the state: who plays which part, who is well. */

import type { DashboardState } from './dashboard-state.js';

/** A node that has said nothing for this long is taken for down, in milliseconds. */
export const SILENT_AFTER_MS = 3_500;
/** Slots behind what f+1 nodes executed from which on a node lags. */
const LAGS_FROM = 32;

export type Condition = 'well' | 'faulty' | 'down' | 'lagging' | 'unknown';
export type Role = 'commander' | 'communication' | 'replica';

export interface NodeView {
  readonly id: number;
  readonly role: Role;
  readonly condition: Condition;
  readonly fault: string | null;
  readonly lastExecuted: number | null;
  /** Votes of others on the newest decision told of, for and against it. */
  readonly tally: { readonly correct: number; readonly corrupt: number } | null;
}

/** The view that f+1 nodes have reached, so at least one honest one; undefined: not known yet. */
export function currentView(state: DashboardState): number | undefined {
  return reached(state, ({ view }) => view);
}

/** All nodes, as they are now. */
export function nodeViews(state: DashboardState, nowMs: number): NodeView[] {
  const { hello, nodes } = state;
  if (hello === undefined) return [];
  const view = currentView(state);
  const executed = reached(state, ({ lastExecuted }) => lastExecuted) ?? 0;
  const primary = view === undefined ? undefined : view % hello.n;
  const collector = collectorIn(state, view);
  const told = state.decisions.find((decision) => decision.votes !== null)?.votes ?? [];
  const votes = new Map(told.map((vote) => [vote.id, vote]));
  return Array.from({ length: hello.n }, (_, id) => {
    const heard = nodes.get(id);
    const vote = votes.get(id);
    const tally =
      vote === undefined || vote.correct === null || vote.corrupt === null
        ? null
        : { correct: vote.correct, corrupt: vote.corrupt };
    return {
      id,
      role: id === primary ? 'commander' : id === collector ? 'communication' : 'replica',
      condition: conditionOf(heard, executed, nowMs),
      fault: heard?.state.fault ?? null,
      lastExecuted: heard?.state.lastExecuted ?? null,
      tally,
    };
  });
}

function conditionOf(
  heard: ReturnType<DashboardState['nodes']['get']>,
  executed: number,
  nowMs: number,
): Condition {
  if (heard === undefined) return 'unknown';
  const { fault, lastExecuted } = heard.state;
  if (nowMs - heard.heardAtMs > SILENT_AFTER_MS || fault === 'offline') return 'down';
  if (fault !== null) return 'faulty';
  return lastExecuted + LAGS_FROM <= executed ? 'lagging' : 'well';
}

/** The collector that f+1 nodes in this view name: one that fewer name is not shown as such. */
function collectorIn(state: DashboardState, view: number | undefined): number | undefined {
  const named = new Map<number, number>();
  for (const { state: node } of state.nodes.values()) {
    if (node.view !== view || node.collector === null) continue;
    named.set(node.collector, (named.get(node.collector) ?? 0) + 1);
  }
  const [most] = [...named].sort((a, b) => b[1] - a[1]);
  return most !== undefined && most[1] > (state.hello?.f ?? 0) ? most[0] : undefined;
}

type Numbers = (state: { readonly view: number; readonly lastExecuted: number }) => number;

function reached({ hello, nodes }: DashboardState, read: Numbers): number | undefined {
  if (hello === undefined) return undefined;
  return [...nodes.values()].map((node) => read(node.state)).sort((a, b) => b - a)[hello.f];
}
