/** The invariants of `docs/PROTOCOL.md` as findings name them. */
export type InvariantName =
  /** No two honest replicas execute different batches at a sequence, or come to another state. */
  | 'agreement'
  /** Slots execute one after another, without gaps. */
  | 'order'
  /** Only what clients signed executes. */
  | 'validity'
  /** A (client, timestamp) executes at most once. */
  | 'integrity'
  /** An honest replica signs one digest for each thing it signs, across restarts. */
  | 'no-equivocation'
  /**
   * A replica votes for nothing in a view it has left, its view-change omits no vote, and it leaves none
   * whose primary fewer than f + 1 suspect.
   */
  | 'leaving'
  /** Q distinct members' signatures on the same statement. */
  | 'certificates'
  /** What an honest replica says is durable before it is on the network. */
  | 'durable-before-visible'
  /** What was executed durably survives a restart. */
  | 'durability'
  /** A client believes only what honest replicas executed. */
  | 'replies'
  /** Once the network is healed, everything submitted executes, and honest replicas get level. */
  | 'liveness'
  /** What a replica keeps stays within its limits, whatever it is sent. */
  | 'bounded-memory'
  /** An honest replica stopped because it would have contradicted itself, or threw. */
  | 'stopped';

/** A violated invariant: the run's finding. */
export class Violation extends Error {
  constructor(
    readonly invariant: InvariantName,
    readonly detail: string,
  ) {
    super(`${invariant}: ${detail}`);
    this.name = 'Violation';
  }
}

/** Where checkers put what they find. */
export type Report = (invariant: InvariantName, detail: string) => void;
