import { collectorOf, primaryOf, type ReplicaId } from '@ccro/consensus';
import { everyoneOf } from './behaviour.js';
import { FAULTS, type FaultKind } from './faults.js';
import { seededRandom, shuffled } from './random.js';

/**
 * Which replicas are faulty, ascending; the same for the same arguments. Faults that need a role
 * go to it first: the primary of view 0, or its default collector. The rest are ordinary replicas, drawn
 * at random; when those run out, the collector and then the primary.
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
  const ordinary = everyoneOf(n).filter((replica) => replica !== primary && replica !== collector);
  const fault = FAULTS[kind];
  const first = 'role' in fault ? [fault.role === 'primary' ? primary : collector] : [];
  const candidates = new Set([
    ...first,
    ...shuffled(ordinary, seededRandom(seed)),
    collector,
    primary,
  ]);
  return [...candidates].slice(0, count).sort((a, b) => a - b);
}
