import type { Conduct, BehaviourContext } from '../behaviour.js';

const DEFAULT_DELAY_MS = 300;

/** Sends honest messages late: after the others' wait for a certificate is over. */
export function delay({ delayMs = DEFAULT_DELAY_MS }: BehaviourContext): Conduct {
  return {
    hears: () => true,
    outgoing: (send) => [{ ...send, delayMs: (send.delayMs ?? 0) + delayMs }],
  };
}
