/** What happened, in plain words. */

import { STANDING_OF, type Evidence } from '@ccro/consensus';
import type { Accusation, Connection, Notice } from './dashboard-state.js';
import type { Condition, Role } from './derive.js';

export const LIES: Readonly<Record<string, string>> = {
  'conflicting-votes': 'voted for two different things in the same slot',
  'conflicting-proposals': 'proposed different data to different nodes',
  'vote-against-decision': 'voted for other data than was decided',
  'wrong-chunk': 'sent something as the certified state that is not',
  'collector-failed': 'did not bring a certificate in time',
};

export const ROLES: Readonly<Record<Role, string>> = {
  commander: 'commander',
  communication: 'communication node',
  replica: 'replica',
};

export const CONDITIONS: Readonly<Record<Condition, string>> = {
  well: 'well',
  faulty: 'faulty',
  down: 'down',
  lagging: 'lagging behind',
  unknown: 'not heard of yet',
};

export const CONNECTIONS: Readonly<Record<Connection, string>> = {
  connecting: 'Connecting …',
  live: 'Live',
  lost: 'Connection lost, trying again …',
  locked: 'Waiting for a key',
};

export const REASONS: Readonly<Record<string, string>> = {
  'request-waits': 'a request waits too long for its commander',
  'collectors-fail': 'its commander keeps naming communication nodes that fail',
  'primary-equivocates': 'its primary signed two proposals for one slot',
  'view-did-not-begin': 'it did not begin in time',
  'others-ask': 'enough others asked for a later one',
};

/** Node ids as people list them: `nodes 1, 2 and 3`. */
export function nodeList(ids: readonly number[]): string {
  if (ids.length === 0) return 'nobody';
  if (ids.length === 1) return `node ${ids[0]}`;
  return `nodes ${ids.slice(0, -1).join(', ')} and ${ids.at(-1)}`;
}

export function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** Whether evidence of this kind can be no more than a suspicion. */
export function isSuspicion(kind: string): boolean {
  return !Object.hasOwn(STANDING_OF, kind) || STANDING_OF[kind as Evidence['kind']] === 'suspected';
}

export function accusationText(accusation: Accusation): string {
  const { accused, kind, standing, witnesses, count } = accusation;
  const lie = LIES[kind] ?? kind;
  const often = count > witnesses.length ? `, ${count} times` : '';
  switch (standing) {
    case 'proven':
      return `Node ${accused} ${lie} (seen by ${nodeList(witnesses)}${often}): its own signatures prove it.`;
    case 'signed':
      return (
        `Node ${accused} ${lie} (seen by ${nodeList(witnesses)}${often}): its signature is on the ` +
        'vote, and it lied unless its commander told it so.'
      );
    case 'suspected': {
      const isSilence = kind === 'collector-failed';
      const basis = isSilence ? 'a slow network or machine looks the same' : 'their word alone';
      return `Node ${accused} ${lie}, says ${nodeList(witnesses)}${often}: no proof, ${basis}.`;
    }
  }
}

export function noticeText({ node, kind, view, sequence, why }: Notice): string {
  switch (kind) {
    case 'left-view':
      return `Node ${node} leaves view ${view}: ${REASONS[why ?? ''] ?? why ?? 'no reason given'}.`;
    case 'entered-view':
      return `Node ${node} enters view ${view}.`;
    case 'fetching-state':
      return `Node ${node} is far behind and fetches the state at ${sequence}.`;
    case 'took-state-over':
      return `Node ${node} took over the state at ${sequence}.`;
    default:
      return `Node ${node}: ${kind}.`;
  }
}

/** Milliseconds with as many digits as say something. */
export function millisText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  return ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
