/** Slots by how they were decided here. */
export interface DecisionCounts {
  /** In one round of votes: all n voted in time. */
  readonly fast: number;
  /** In two. */
  readonly slow: number;
  /** Elsewhere: this node got batch and proof. */
  readonly caughtUp: number;
}
