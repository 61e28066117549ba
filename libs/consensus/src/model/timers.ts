import type { Digest, ReplicaId, SequenceNumber, View } from '../messages/ids.js';
import type { SlotPhase } from '../messages/index.js';

/**
 * Timers are data: the core asks for them by key and is told when one fired. A key carries what
 * it was set for (view, sequence, phase), so that a late firing is recognisably stale.
 */
export type TimerKey =
  | {
      readonly kind: 'certificate';
      readonly view: View;
      readonly sequence: SequenceNumber;
      readonly phase: SlotPhase;
    }
  /** A collector has a quorum and waits for the others' votes. */
  | { readonly kind: 'stragglers'; readonly view: View; readonly sequence: SequenceNumber }
  | { readonly kind: 'fetch'; readonly sequence: SequenceNumber; readonly digest: Digest }
  | { readonly kind: 'status' }
  | {
      readonly kind: 'checkpoint';
      readonly sequence: SequenceNumber;
      readonly attempt: number;
    }
  | {
      readonly kind: 'fetch-view-changes';
      /** Whose new-view refers to them. */
      readonly replica: ReplicaId;
      readonly attempt: number;
    }
  | { readonly kind: 'transfer'; readonly attempt: number }
  /** The oldest request waits for too long. */
  | { readonly kind: 'request'; readonly view: View }
  /** The view that a quorum asked for does not begin. */
  | { readonly kind: 'new-view'; readonly view: View }
  /** Time to send the own view-change again. */
  | { readonly kind: 'view-change'; readonly view: View; readonly attempt: number };

/** One string per key, for maps. */
export function timerName(timer: TimerKey): string {
  switch (timer.kind) {
    case 'certificate':
      return `certificate:${timer.view}:${timer.sequence}:${timer.phase}`;
    case 'stragglers':
      return `stragglers:${timer.view}:${timer.sequence}`;
    case 'fetch':
      return `fetch:${timer.sequence}:${timer.digest}`;
    case 'status':
      return 'status';
    case 'checkpoint':
      return `checkpoint:${timer.sequence}`;
    case 'fetch-view-changes':
      return `fetch-view-changes:${timer.replica}`;
    case 'transfer':
    case 'request':
    case 'new-view':
    case 'view-change':
      return timer.kind;
  }
}
