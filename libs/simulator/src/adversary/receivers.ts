/** Who gets to hear what: some alone, or each half something else. */

import type { ReplicaId } from '@ccro/consensus';
import type { OutgoingSend } from '@ccro/faults';

export function toEach(replicas: readonly ReplicaId[], send: OutgoingSend): OutgoingSend[] {
  return replicas.map((id) => ({ ...send, to: { kind: 'replica', id } }));
}

export function halves<T>(items: readonly T[]): [readonly T[], readonly T[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
