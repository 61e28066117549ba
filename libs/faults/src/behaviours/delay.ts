import type { Behaviour, BehaviourContext } from '../behaviour.js';

const DEFAULT_DELAY_MS = 300;

/** Honest in every word, but late: longer than the others wait for a certificate. */
export function delay({ delayMs = DEFAULT_DELAY_MS }: BehaviourContext): Behaviour {
  return {
    kind: 'delay',
    hears: () => true,
    outgoing: (send) => [{ ...send, delayMs: (send.delayMs ?? 0) + delayMs }],
  };
}
