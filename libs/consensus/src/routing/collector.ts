import type { ReplicaId } from '../messages/ids.js';
import type { VoteRouter } from '../model/ports.js';

/** CCRO: a vote goes to the slot's collector, which publishes the certificate to everyone. */
export const toCollector: VoteRouter = { mode: 'ccro', gatherer: (collector) => collector };

/**
 * The collector that `primary` names, never itself when n > 1: by default the replica half-way
 * round, `(primary + ⌊n/2⌋) mod n`; each `shift` moves on to the next one.
 */
export function collectorOf(primary: ReplicaId, n: number, shift: number): ReplicaId {
  if (n === 1) return primary;
  const offset = 1 + ((Math.floor(n / 2) - 1 + shift) % (n - 1));
  return (primary + offset) % n;
}

/** The collector that `primary` names once it has passed over `collector`. */
export function nextCollectorAfter(primary: ReplicaId, collector: ReplicaId, n: number): ReplicaId {
  if (n === 1) return primary;
  const offset = (collector - primary + n) % n;
  return (primary + 1 + (offset % (n - 1))) % n;
}
