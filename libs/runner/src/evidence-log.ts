import type { Evidence, ReplicaId } from '@ccro/consensus';

/** The newest evidence of one kind against one replica, and how often there was some. */
export interface EvidenceEntry {
  readonly accused: ReplicaId;
  readonly kind: Evidence['kind'];
  readonly count: number;
  readonly latest: Evidence;
}

/** Keeps evidence in bounded memory: one entry per accused replica and kind. */
export class EvidenceLog {
  private readonly byKey = new Map<string, EvidenceEntry>();

  add(evidence: Evidence): void {
    const { accused, kind } = evidence;
    const key = `${accused}:${kind}`;
    const count = (this.byKey.get(key)?.count ?? 0) + 1;
    this.byKey.set(key, { accused, kind, count, latest: evidence });
  }

  entries(): readonly EvidenceEntry[] {
    return [...this.byKey.values()];
  }
}
