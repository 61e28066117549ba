import type { ReplicaId } from '@ccro/consensus';

/** A node's part, in the words of the seed's reports. */
export type NodeRole = 'commander' | 'communication' | 'replica';

/** Who plays which part now. */
export interface Roles {
  /** The primary of the current view. */
  readonly primary: ReplicaId;
  /** The collector of the next slot; null in PBFT, which has none. */
  readonly collector: ReplicaId | null;
}

export function roleOf(id: ReplicaId, { primary, collector }: Roles): NodeRole {
  if (id === primary) return 'commander';
  return id === collector ? 'communication' : 'replica';
}
