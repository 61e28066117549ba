import type { ReplicaId, View } from '@ccro/consensus';

/**
 * The view the cluster is believed to be in, learnt from replies.
 *
 * Invariant kept here: fewer than f+1 replicas do not change it, so that liars cannot make the client
 * send its requests to a replica of their choice for long.
 */
export class ViewEstimate {
  private readonly reported = new Map<ReplicaId, View>();
  private estimate: View = 0;

  /** @param weakQuorum f+1 */
  constructor(private readonly weakQuorum: number) {}

  get view(): View {
    return this.estimate;
  }

  /** Notes the view that `replica` names in a verified reply. */
  observe(replica: ReplicaId, view: View): void {
    if (this.reported.get(replica) === view) return;
    this.reported.set(replica, view);
    const descending = [...this.reported.values()].sort((a, b) => b - a);
    const supported = descending[this.weakQuorum - 1];
    if (supported !== undefined && supported > this.estimate) this.estimate = supported;
  }
}
