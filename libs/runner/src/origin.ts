import type { ProtocolMessage, Via } from '@ccro/consensus';
import type { Origin } from '@ccro/crypto';

/** Who is said to have signed a message, for `Doubt`; undefined for messages that are always checked. */
export function originOf(message: ProtocolMessage, via: Via): Origin | undefined {
  switch (message.kind) {
    case 'request':
      return { name: `client ${message.client}`, route: `requests ${via}` };
    case 'requests':
      return { name: `client ${message.requests[0]?.client}`, route: `requests ${via}` };
    case 'status':
    case 'fetch':
    case 'fetch-chunk':
    case 'suspicion':
      return { name: `member ${message.replica}`, route: `help ${via}` };
    default:
      return undefined;
  }
}
