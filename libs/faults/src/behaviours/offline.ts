import type { Conduct } from '../behaviour.js';

/** Behaves as a dead process: scenario 24, and the seed's first fault. */
export function offline(): Conduct {
  return { hears: () => false, outgoing: () => [] };
}
