import type {
  Certificate,
  ChunkPart,
  Decision,
  Fetch,
  FetchChunk,
  NewView,
  PrePrepare,
  Request,
  RequestList,
  Status,
  Suspicion,
  Verified,
  ViewChange,
  Vote,
} from './messages.js';
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
export type VerifiedMessage =
  | Verified<Request>
  | Verified<RequestList>
  | Verified<PrePrepare>
  | Verified<Vote>
  | Verified<Certificate>
  | Verified<Suspicion>
  | Verified<Status>
  | Verified<Fetch>
  | Verified<FetchChunk>
  | Verified<ChunkPart>
  | Verified<Decision>
  | Verified<ViewChange>
  | Verified<NewView>;
