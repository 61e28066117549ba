import type { OutgoingMessage } from '@ccro/consensus';
import type { MessageSigner } from '@ccro/crypto';

/** A message the core has handed over for signing. */
export type UnsignedMessage = Parameters<MessageSigner['sign']>[0];

/** A message with everything it needs to be believed. */
export type SignedMessage =
  ReturnType<MessageSigner['sign']> | Exclude<OutgoingMessage, UnsignedMessage>;

/** Whether the runner has to sign it: certificates and decisions prove themselves. */
export function isUnsigned(message: OutgoingMessage): message is UnsignedMessage {
  const provesItself = message.kind === 'certificate' || message.kind === 'decision';
  return !provesItself && !('signature' in message);
}
