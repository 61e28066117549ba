/** Who says less than an honest node does, or says it late. */

import type { Conduct, BehaviourContext } from '../behaviour.js';

const DEFAULT_DELAY_MS = 300;

/** Behaves as a dead process: scenario 24, and the seed's first fault. */
export function offline(): Conduct {
  return { hears: () => false, outgoing: () => [] };
}

/**
 * Gathers nothing, so it never has a certificate of its own making, and passes none on. It votes
 * like an honest replica: only its service as collector is missing.
 */
export function silentCollector(): Conduct {
  return {
    hears: (kind) => kind !== 'vote',
    outgoing: (send) => (send.message.kind === 'certificate' ? [] : [send]),
  };
}

/** Sends honest messages late: after the others' wait for a certificate is over. */
export function delay({ delayMs = DEFAULT_DELAY_MS }: BehaviourContext): Conduct {
  return { outgoing: (send) => [{ ...send, delayMs: (send.delayMs ?? 0) + delayMs }] };
}
