import type { Decision } from '@ccro/consensus';
import type { Conduct, Outgoing } from '../behaviour.js';

/**
 * Misleads those that catch up: the states it hands out are not the certified ones, the decisions
 * lack a request. To everybody else it is honest.
 */
export function falseState(): Conduct {
  return {
    outgoing(send) {
      const { message } = send;
      if (message.kind === 'chunk-part') return [{ ...send, message: altered(message) }];
      if (message.kind === 'decision') return [{ ...send, message: shortened(message) }];
      return [send];
    },
  };
}

/** The manifest stays, so that the others are asked for; each of them reads well and is wrong. */
function altered(part: Outgoing<'chunk-part'>): Outgoing<'chunk-part'> {
  if (part.chunk === '') return part;
  const text = part.text.replace(/[1-8](?=[^1-8]*$)/, (digit) => String(Number(digit) + 1));
  return { ...part, text };
}

function shortened(decision: Decision): Decision {
  return { ...decision, requests: decision.requests.slice(1) };
}
