import type { ReplicaId } from '@ccro/consensus';

/**
 * Which replicas answer at present, so that no caller waits for one that is known to be down. Each counts
 * as responsive until it leaves a request without a reply.
 */
export class Responsiveness {
  private readonly silent = new Set<ReplicaId>();

  constructor(private readonly n: number) {}

  isSilent(replica: ReplicaId): boolean {
    return this.silent.has(replica);
  }

  heard(replica: ReplicaId): void {
    this.silent.delete(replica);
  }

  /** Whether every replica that answers these days is among those that `has` names. */
  allIn(has: (replica: ReplicaId) => boolean): boolean {
    for (let replica = 0; replica < this.n; replica += 1) {
      if (!this.silent.has(replica) && !has(replica)) return false;
    }
    return true;
  }

  /** Marks everyone who is not among those that `has` names as silent. */
  settle(has: (replica: ReplicaId) => boolean): void {
    for (let replica = 0; replica < this.n; replica += 1) {
      if (!has(replica)) this.silent.add(replica);
    }
  }
}
