import type { Conduct } from '../behaviour.js';

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
