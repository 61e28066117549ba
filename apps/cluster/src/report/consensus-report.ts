/** The seed's report of one decision. */

/** What the report says of one node. Null: the node did not reply. */
export interface NodeTally {
  readonly id: number;
  readonly reply?: 'matching' | 'false' | 'none';
  readonly correct: number | null;
  readonly corrupt: number | null;
}

export interface DecisionReport {
  readonly mode: 'pbft' | 'ccro';
  readonly consensusTimeMs: number;
  readonly nodes: readonly NodeTally[];
}

/** Lines like the seed's: the time, then each node's votes for and against the decision. */
export function reportLines({ mode, consensusTimeMs, nodes }: DecisionReport): string[] {
  const seconds = (consensusTimeMs / 1000).toFixed(6);
  return [`${mode.toUpperCase()} Consensus Time: ${seconds}s`, ...nodes.map(nodeLine)];
}

function nodeLine({ id, reply, correct, corrupt }: NodeTally): string {
  if (correct === null) return `Node ${id} -> no reply`;
  const lied = reply === 'false' ? ' (and replied with a false result)' : '';
  return `Node ${id} -> ${correct} Correct ${corrupt ?? 0} Corrupt${lied}`;
}

/** A node that others accuse, as `GET /status` of the gateway names it. */
export interface Suspect {
  readonly id: number;
  readonly kind: string;
  /** What the gateway found it to be worth. */
  readonly standing: 'proven' | 'signed' | 'suspected';
  /** The same in words. */
  readonly restsOn: string;
  readonly witnesses: readonly number[];
}

const DEEDS: Readonly<Record<string, string>> = {
  'conflicting-votes': 'signed two different votes for one slot',
  'conflicting-proposals': 'proposed different data to different nodes',
  'vote-against-decision': 'voted for other data than was decided',
  'wrong-chunk': 'sent something as the certified state that is not',
  'collector-failed': 'sent no certificates in time',
};

/** Honest nodes vote differently when the primary told them different data. */
const MISLEADING = 'conflicting-proposals';

/**
 * One line per accused node and deed, with what it rests on and who says so. Where the primary is
 * convicted of proposing different data, votes against the decision accuse nobody else.
 */
export function accusationLines(suspects: readonly Suspect[]): string[] {
  const misled = suspects.some(
    ({ kind, standing }) => kind === MISLEADING && standing === 'proven',
  );
  return suspects
    .filter(({ kind }) => !misled || kind !== 'vote-against-decision')
    .toSorted((a, b) => a.id - b.id)
    .map(accusationLine);
}

/** Caught is who is proven to lie, and nobody else. */
function accusationLine({ id, kind, standing, restsOn, witnesses }: Suspect): string {
  const deed = DEEDS[kind] ?? kind;
  switch (standing) {
    case 'proven':
      return `Caught: node ${id} ${deed} (seen by ${names(witnesses)}; proof: ${restsOn})`;
    case 'signed':
      return `Node ${id} ${deed} (seen by ${names(witnesses)}; ${restsOn})`;
    case 'suspected':
      return `Suspected: node ${id} ${deed} (says ${names(witnesses)}; no proof: ${restsOn})`;
  }
}

function names(ids: readonly number[]): string {
  const shown = ids.slice(0, 5).map((id) => `node ${id}`);
  const more = ids.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
