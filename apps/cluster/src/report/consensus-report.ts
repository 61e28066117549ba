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

/** Who was caught lying: evidence as a node keeps it. */
export interface Accusation {
  readonly accused: number;
  readonly kind: string;
}

const DEEDS: Readonly<Record<string, string>> = {
  'conflicting-votes': 'signed two different votes for one slot',
  'conflicting-proposals': 'proposed different data to different nodes',
  'vote-against-decision': 'voted for other data than was decided',
  'collector-failed': 'sent no certificates in time',
};

/** Honest nodes vote differently when the commander told them different data. */
const MISLEADING = 'conflicting-proposals';

/**
 * One line per liar and deed, naming who holds the evidence. Where the commander is convicted of
 * proposing different data, votes against the decision accuse nobody else.
 */
export function accusationLines(byWitness: ReadonlyMap<number, readonly Accusation[]>): string[] {
  const witnesses = new Map<string, number[]>();
  const misled = [...byWitness.values()].flat().some(({ kind }) => kind === MISLEADING);
  for (const [witness, accusations] of byWitness) {
    for (const { accused, kind } of accusations) {
      if (misled && kind === 'vote-against-decision') continue;
      const line = `Node ${accused} ${DEEDS[kind] ?? kind}`;
      const seenBy = witnesses.get(line) ?? [];
      if (!seenBy.includes(witness)) seenBy.push(witness);
      witnesses.set(line, seenBy);
    }
  }
  return [...witnesses]
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([line, seenBy]) => `${line} (seen by ${names(seenBy)})`);
}

function names(ids: readonly number[]): string {
  const shown = ids.slice(0, 5).map((id) => `node ${id}`);
  const more = ids.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
