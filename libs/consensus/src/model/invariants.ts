/**
 * Invariants of `docs/PROTOCOL.md` that are cheap enough to check in production. A violation is
 * a bug of ours (or damaged memory), never a peer's doing: it stops the replica, because a
 * decision made wrongly once is worse than a cluster that stops.
 */

/** Thrown when the replica would contradict itself. The process must stop. */
export class InvariantViolation extends Error {
  constructor(
    readonly invariant: string,
    detail: string,
  ) {
    super(`invariant "${invariant}" violated: ${detail}`);
    this.name = 'InvariantViolation';
  }
}

/** @throws InvariantViolation unless `condition` holds */
export function invariant(
  condition: boolean,
  name:
    | 'agreement'
    | 'integrity'
    | 'no-equivocation'
    | 'certificates'
    | 'order'
    | 'window'
    | 'durability'
    | 'transferable',
  detail: () => string,
): asserts condition {
  if (!condition) throw new InvariantViolation(name, detail());
}
