import type { ProtocolMessage, Verified } from '../messages/index.js';
import type { TimerKey } from './timers.js';

/** How a message reached this replica: a hint about who else has it, never about who sent it. */
export type Via = 'broadcast' | 'direct' | 'self';

/** Everything that can happen to a replica. */
export type Input =
  | { readonly kind: 'started' }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'reconnected' }
  | { readonly kind: 'message'; readonly message: VerifiedMessage; readonly via: Via }
  | { readonly kind: 'timer-fired'; readonly timer: TimerKey };

/** A protocol message that `libs/crypto` has let through. */
export type VerifiedMessage = VerifiedEach<ProtocolMessage>;

type VerifiedEach<M> = M extends ProtocolMessage ? Verified<M> : never;
