import type { OutgoingMessage } from '@ccro/consensus';
import type { UnsignedMemberMessage } from '@ccro/crypto';

/** Whether this replica still has to sign it: certificates and decisions prove themselves. */
export function isUnsigned(message: OutgoingMessage): message is UnsignedMemberMessage {
  const provesItself = ['certificate', 'decision', 'request', 'requests'].includes(message.kind);
  return !provesItself && !('signature' in message);
}
