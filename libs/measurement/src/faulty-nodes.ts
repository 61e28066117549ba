import { chooseFaulty, type FaultKind } from '@ccro/faults';

/** Every run strikes the same nodes. */
const SEED = 1;

/** `count` of `n` nodes with this fault, by id; the same for the same arguments. */
export function faultyNodes(
  n: number,
  count: number,
  kind: FaultKind,
): ReadonlyMap<number, FaultKind> {
  return new Map(chooseFaulty({ n, count, kind, seed: SEED }).map((id) => [id, kind]));
}
