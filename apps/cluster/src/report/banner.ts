/** The seed's banner, in its words: the primary is the commander, the collector the communication node. */

export interface BannerFacts {
  readonly mode: 'pbft' | 'ccro';
  readonly nodes: number;
  readonly byzantine: readonly number[];
  /** How the Byzantine nodes misbehave, and the seed that repeats it. */
  readonly fault: string;
  readonly seed: number;
  readonly primary: number;
  /** Undefined in PBFT, which has none, or where it is not known. */
  readonly collector: number | undefined;
}

/** Lines printed before the nodes start. */
export function bannerLines(facts: BannerFacts): string[] {
  const { nodes, byzantine, primary, collector } = facts;
  const ids = Array.from({ length: nodes }, (_, id) => id);
  const lines = [
    `Total Nodes: ${nodes} -> ${list(ids)}`,
    `Byzantine Nodes: ${byzantine.length} -> ${list(byzantine)}`,
    `Commander Node: 1 -> ${primary}`,
  ];
  if (collector !== undefined) lines.push(`Communication Node: 1 -> ${collector}`);
  if (byzantine.length > 0) lines.push(`Fault: ${facts.fault} (seed ${facts.seed})`);
  return [...lines, '', 'Starting Nodes'];
}

/** The line that follows once all nodes are up. */
export function rolesLine({ primary, collector }: BannerFacts): string {
  const start = `Node ${primary} is the commander node.`;
  return collector === undefined ? start : `${start} Node ${collector} is the communication node.`;
}

function list(ids: readonly number[]): string {
  return `[${ids.join(', ')}]`;
}
