/** What the log says of a replica: what it did, and what it waits for. */

import type {
  DifferingReplica,
  Progress,
  ReplicaId,
  Restored,
  ViewChangeReason,
  Waiting,
} from '@ccro/consensus';
import { alsoCodec } from '@ccro/wire';

/** Of several nodes at most so many are named. */
const MAX_NAMED = 8;

const REASONS: Readonly<Record<ViewChangeReason, string>> = {
  'request-waits': 'a request waits too long for its primary',
  'collectors-fail': 'its primary keeps naming collectors that fail',
  'primary-equivocates': 'its primary signed two proposals for one slot',
  'view-did-not-begin': 'it did not begin in time',
  'others-ask': 'enough others asked for a later one',
};

export const VIEW_CHANGE_REASONS: readonly string[] = Object.keys(REASONS);

/** Stable checkpoints are too many to be told at `info`. */
export function progressText(progress: Progress): string {
  switch (progress.kind) {
    case 'left-view':
      return `leaving view ${progress.view}: ${REASONS[progress.why]}`;
    case 'entered-view':
      return `view ${progress.view} begins, ${progress.carriedOver} slots carried over`;
    case 'stable-checkpoint':
      return `stable checkpoint at ${progress.sequence}`;
    case 'fetching-state':
      return `far behind: fetching the state at ${progress.sequence}`;
    case 'took-state-over':
      return `took over the state at ${progress.sequence}, going on from there`;
    case 'settings-differ':
      return differsText(progress);
    case 'takes-no-part':
      return takesNoPartText(progress.differing);
    case 'takes-part-again':
      return 'takes part again: enough nodes have the same settings';
  }
}

/** What the log says of what an earlier run left. */
export function restoredText({ view, snapshot, decisions }: Restored): string {
  const state = snapshot?.sequence ?? 0;
  const last = decisions.at(-1)?.decision.sequence ?? state;
  const base = state === 0 ? '' : `, on the state at ${state}`;
  return `restored ${decisions.length} slots up to ${last}, view ${view}${base}`;
}

/** What a node waits for, with numbers. */
export function waitingText(waiting: Waiting): string {
  switch (waiting.kind) {
    case 'agreement':
      return `waits for ${more(waiting.required - waiting.heard, 'node')} to say that they have the same cluster file`;
    case 'settings':
      return takesNoPartText(waiting.differing);
    case 'state': {
      const { sequence, received, chunks } = waiting;
      const share =
        chunks === undefined
          ? 'the list of its chunks'
          : `${received} of ${chunks} chunks are here`;
      return `catching up: fetching the state at ${sequence}, ${share}`;
    }
    case 'decisions': {
      const { lastExecuted, ahead } = waiting;
      return `catching up: executed ${lastExecuted}, the others ${ahead} or more`;
    }
    case 'view': {
      const { view, primary, asking, required } = waiting;
      const missing = required - asking;
      const rest =
        missing > 0 ? `${more(missing, 'node')} must ask for it` : `node ${primary} must begin it`;
      return `waits for view ${view}: ${asking} of ${required} ask for it, ${rest}`;
    }
    case 'reports':
      return `waits for ${more(waiting.required - waiting.heard, 'node')} to say where they are, to be primary`;
    case 'votes': {
      const { view, sequence, phase, votes, required } = waiting;
      const missing = Math.max(0, required - votes);
      const what = missing === 0 ? 'the votes of all' : more(missing, `${phase} vote`);
      return `waits for ${what} in view ${view}, slot ${sequence}`;
    }
    case 'certificate': {
      const { view, sequence, phase, collector } = waiting;
      return `waits for the ${phase} certificate of node ${collector} in view ${view}, slot ${sequence}`;
    }
    case 'proposal': {
      const { view, primary, requests } = waiting;
      return `waits for node ${primary} to propose ${requests} ${requests === 1 ? 'request' : 'requests'} in view ${view}`;
    }
  }
}

/** What the log says of one node that was told something else. */
function differsText({ replica, settings }: DifferingReplica): string {
  return `node ${replica} has another cluster file than this node, with other ${settings.join(', ')}; ${remedy(settings)}`;
}

/** Why this node takes no part: who was told something else, and what. */
function takesNoPartText(differing: readonly DifferingReplica[]): string {
  const nodes = someOf(differing.map(({ replica }) => replica));
  const settings = [...new Set(differing.flatMap((each) => each.settings))].sort();
  return (
    `takes no part: nodes ${nodes} have another cluster file than this node, ` +
    `with other ${settings.join(', ')}; ${remedy(settings)}`
  );
}

function remedy(settings: readonly string[]): string {
  const same = `all nodes need the same cluster file${alsoCodec(settings)}`;
  return `${same}: give it to those that have another and restart them`;
}

/** The first of several nodes, and how many more there are. */
export function someOf(nodes: readonly ReplicaId[]): string {
  const named = nodes.slice(0, MAX_NAMED).join(', ');
  return nodes.length > MAX_NAMED ? `${named} and ${nodes.length - MAX_NAMED} more` : named;
}

function more(count: number, what: string): string {
  return `${count} more ${what}${count === 1 ? '' : 's'}`;
}
