/** The seed's banner: who is who in the cluster that starts. */

export interface BannerFacts {
  readonly mode: 'pbft' | 'ccro';
  readonly nodes: number;
  readonly byzantine: readonly number[];
  /** How the Byzantine nodes misbehave, and the seed that repeats it. */
  readonly fault: string;
  readonly seed: number;
  readonly commander: number;
  /** The communication node; undefined in PBFT, which has none. */
  readonly communication: number | undefined;
}

/** Lines printed before the nodes start. */
export function bannerLines(facts: BannerFacts): string[] {
  const { nodes, byzantine, commander, communication } = facts;
  const ids = Array.from({ length: nodes }, (_, id) => id);
  const lines = [
    `Total Nodes: ${nodes} -> ${list(ids)}`,
    `Byzantine Nodes: ${byzantine.length} -> ${list(byzantine)}`,
    `Commander Node: 1 -> ${commander}`,
  ];
  if (communication !== undefined) lines.push(`Communication Node: 1 -> ${communication}`);
  if (byzantine.length > 0) lines.push(`Fault: ${facts.fault} (seed ${facts.seed})`);
  return [...lines, '', 'Starting Nodes'];
}

/** The line that follows once all nodes are up. */
export function rolesLine({ commander, communication }: BannerFacts): string {
  const start = `Node ${commander} is the commander node.`;
  return communication === undefined
    ? start
    : `${start} Node ${communication} is the communication node.`;
}

function list(ids: readonly number[]): string {
  return `[${ids.join(', ')}]`;
}
