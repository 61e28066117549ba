import type { ReplicaId } from '@ccro/consensus';
import type { NodeStatus } from './node-status.js';

/** A node that others accuse of something. */
export interface Suspect {
  readonly id: ReplicaId;
  /** Kind of evidence, see `Evidence` in `libs/consensus`. */
  readonly kind: string;
  /** Who says so. Up to f of them may be lying; the evidence itself is in their status. */
  readonly witnesses: readonly ReplicaId[];
}

/** Puts together whom the nodes accuse of what, most witnesses first. */
export function suspectsIn(statuses: readonly NodeStatus[], n: number): Suspect[] {
  const suspects = new Map<string, { id: ReplicaId; kind: string; witnesses: Set<ReplicaId> }>();
  for (const { id: witness, evidence } of statuses) {
    for (const { accused, kind } of evidence) {
      if (accused >= n || accused === witness) continue;
      const key = `${accused}:${kind}`;
      const suspect = suspects.get(key) ?? { id: accused, kind, witnesses: new Set() };
      suspect.witnesses.add(witness);
      suspects.set(key, suspect);
    }
  }
  return [...suspects.values()]
    .map(({ id, kind, witnesses }) => ({ id, kind, witnesses: [...witnesses] }))
    .sort((a, b) => b.witnesses.length - a.witnesses.length || a.id - b.id);
}
