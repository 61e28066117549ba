import type { Digest, SequenceNumber, View } from './ids.js';
import type { Phase } from './messages.js';

/**
 * Timers are data: the core asks for them by key and is told when one fired. A key carries what
 * it was set for (view, sequence, phase), so that a late firing is recognisably stale.
 */
export type TimerKey =
  | {
      readonly kind: 'certificate';
      readonly view: View;
      readonly sequence: SequenceNumber;
      readonly phase: Phase;
    }
  | { readonly kind: 'fetch'; readonly sequence: SequenceNumber; readonly digest: Digest }
  | { readonly kind: 'status' };

/** One string per key, for maps. */
export function timerName(timer: TimerKey): string {
  switch (timer.kind) {
    case 'certificate':
      return `certificate:${timer.view}:${timer.sequence}:${timer.phase}`;
    case 'fetch':
      return `fetch:${timer.sequence}:${timer.digest}`;
    case 'status':
      return 'status';
  }
}
