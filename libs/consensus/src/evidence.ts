/**
 * Signed statements that contradict each other, kept so that the report can name who lied.
 * `conflicting-*` is proof against the accused by their own signatures; `vote-against-decision`
 * shows a vote that differs from what a quorum decided, which an honest replica casts only when
 * the primary equivocated; `collector-failed` is suspicion only (the broker may be to blame).
 */

import type { Digest, ReplicaId, SequenceNumber, View } from './ids.js';
import type { Phase, PrePrepare, Vote } from './messages.js';

export type Evidence =
  | {
      readonly kind: 'conflicting-votes';
      readonly accused: ReplicaId;
      readonly votes: readonly [Vote, Vote];
    }
  | {
      readonly kind: 'conflicting-proposals';
      readonly accused: ReplicaId;
      readonly proposals: readonly [PrePrepare, PrePrepare];
    }
  | {
      readonly kind: 'vote-against-decision';
      readonly accused: ReplicaId;
      readonly vote: Vote;
      readonly decided: Digest;
    }
  | {
      /** It sent something as the certified state that is not. */
      readonly kind: 'wrong-chunk';
      readonly accused: ReplicaId;
      readonly sequence: SequenceNumber;
      readonly chunk: string;
    }
  | {
      readonly kind: 'collector-failed';
      readonly accused: ReplicaId;
      readonly view: View;
      readonly sequence: SequenceNumber;
      readonly phase: Phase;
    };
