import type { ProcessCluster } from '@ccro/process-cluster';
import type { Timeline } from '../timeline.js';
import type { Workload } from '../workload/workload.js';

/** What all faults of a run have in common. */
export interface FaultContext {
  readonly cluster: ProcessCluster;
  readonly timeline: Timeline;
  readonly affected: AffectedNodes;
  /** Sends calls of its own, which count as those of any client. */
  readonly workload: Workload;
  /** Aborts when the run's time is up: what is going on is ended early, and healed. */
  readonly timeUp: AbortSignal;
  /** Aborts when the user wants to end. */
  readonly quit: AbortSignal;
}

/**
 * The nodes that a fault affects now. Invariant kept here: never more than f of them. A node stays
 * on the list until it has recovered, not just until it runs again.
 */
export class AffectedNodes {
  private readonly affected = new Map<number, string>();

  /** @param limit f */
  constructor(readonly limit: number) {}

  /** Undefined when the node is well. */
  whatAffects(node: number): string | undefined {
    return this.affected.get(node);
  }

  /** @throws when the node is affected already or f others are: the schedule would be unfair */
  take(node: number, fault: string): void {
    const other = this.affected.get(node);
    if (other !== undefined) throw new Error(`node ${node} is affected already (${other})`);
    if (this.affected.size >= this.limit) {
      throw new Error(`${this.limit} nodes are affected already: node ${node} would be too many`);
    }
    this.affected.set(node, fault);
  }

  release(node: number): void {
    this.affected.delete(node);
  }

  /** Of the nodes 0..n-1 those that nothing affects. */
  wellAmong(n: number): number[] {
    return Array.from({ length: n }, (_, id) => id).filter((id) => !this.affected.has(id));
  }
}
