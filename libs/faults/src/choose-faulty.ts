import { collectorOf, primaryOf, type ReplicaId } from '@ccro/consensus';
import type { FaultKind } from './fault-kind.js';
import { seededRandom, shuffled } from './random.js';

/**
 * Which replicas are faulty, ascending; the same for the same arguments. Faults that need a role
 * go to it first: `equivocate`, `split-collectors` and `fabricate` to the primary of view 0,
 * `silent-collector` and `forge-certificate` to its default collector. The rest are ordinary replicas, drawn at random;
 * when those run out, the collector and then the primary.
 *
 * @param options.n number of replicas
 * @param options.count how many are faulty, 0..n
 * @throws RangeError when `count` is not in 0..n
 */
export function chooseFaulty(options: {
  readonly n: number;
  readonly count: number;
  readonly kind: FaultKind;
  readonly seed: number | string;
}): ReplicaId[] {
  const { n, count, kind, seed } = options;
  if (!Number.isInteger(count) || count < 0 || count > n) {
    throw new RangeError(`${count} of ${n} replicas cannot be faulty: 0 to ${n} can`);
  }
  const primary = primaryOf(0, n);
  const collector = collectorOf(primary, n, 0);
  const ordinary = Array.from({ length: n }, (_, replica) => replica).filter(
    (replica) => replica !== primary && replica !== collector,
  );
  const candidates = new Set([
    ...rolesFirst(kind, primary, collector),
    ...shuffled(ordinary, seededRandom(seed)),
    collector,
    primary,
  ]);
  return [...candidates].slice(0, count).sort((a, b) => a - b);
}

function rolesFirst(kind: FaultKind, primary: ReplicaId, collector: ReplicaId): ReplicaId[] {
  switch (kind) {
    case 'equivocate':
    case 'fabricate':
    case 'split-collectors':
      return [primary];
    case 'silent-collector':
    case 'forge-certificate':
      return [collector];
    case 'offline':
    case 'falsify':
    case 'false-replies':
    case 'double-vote':
    case 'false-view-change':
    case 'false-state':
    case 'delay':
      return [];
  }
}
