import type { ReplicaId } from '@ccro/consensus';

/** When each of the other nodes was heard last: signed by it and accepted here. */
export class LastHeard {
  private readonly atMs: (number | undefined)[];
  private readonly startedAtMs: number;

  constructor(
    n: number,
    private readonly self: ReplicaId,
    private readonly now: () => number,
  ) {
    this.atMs = Array.from({ length: n }, () => undefined);
    this.startedAtMs = now();
  }

  heard(replica: ReplicaId): void {
    this.atMs[replica] = this.now();
  }

  /** Those that were not heard for `forMs`, ascending, and for how long none of them was. */
  silent(forMs: number): { readonly nodes: readonly ReplicaId[]; readonly forMs: number } {
    const now = this.now();
    const nodes: ReplicaId[] = [];
    let least = Infinity;
    for (const [replica, atMs = this.startedAtMs] of this.atMs.entries()) {
      const silentMs = now - atMs;
      if (replica === this.self || silentMs < forMs) continue;
      nodes.push(replica);
      least = Math.min(least, silentMs);
    }
    return { nodes, forMs: nodes.length === 0 ? 0 : least };
  }
}
