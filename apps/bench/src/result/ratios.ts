/** Figures as multiples of what the machine itself takes, so that machines compare. */

import type { Cell, Unit, Yardstick } from './results.js';

const US_PER_SECOND = 1_000_000;

/** What a figure comes to in microseconds; undefined when it is no time and no rate. */
export function microseconds(cell: Cell, unit: Unit): number | undefined {
  if (typeof cell !== 'number') return undefined;
  switch (unit) {
    case 'ms':
      return cell * 1000;
    case 'µs':
      return cell;
    case 'per second':
      // What one of them takes.
      return cell === 0 ? undefined : US_PER_SECOND / cell;
    case 'text':
    case 'count':
    case 'bytes':
    case 'percent':
    case 'times':
      return undefined;
  }
}

/** The figure in round trips, signature checks and writes; undefined as above. */
export function ratios(
  cell: Cell,
  unit: Unit,
  yardstick: Yardstick,
): Omit<Yardstick, 'signature'> | undefined {
  const us = microseconds(cell, unit);
  if (us === undefined) return undefined;
  return {
    redisRoundTrip: us / yardstick.redisRoundTrip,
    signatureCheck: us / yardstick.signatureCheck,
    diskSync: us / yardstick.diskSync,
  };
}
