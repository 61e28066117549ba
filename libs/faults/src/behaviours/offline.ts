import type { Behaviour } from '../behaviour.js';

/** As if the process were dead: scenario 24 of a Byzantine suite, and the seed's first fault. */
export function offline(): Behaviour {
  return { kind: 'offline', hears: () => false, outgoing: () => [] };
}
