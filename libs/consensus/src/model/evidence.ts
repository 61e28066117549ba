/**
 * Signed statements that contradict each other, which prove who lied, and observations that only make a
 * replica suspicious. The two are kept apart: see `Standing`.
 */

import type { ReplicaId, SequenceNumber, View } from '../messages/ids.js';
import type { Phase, PrePrepare, SlotCertificate, Vote } from '../messages/index.js';

/**
 * What evidence proves once its signatures were checked.
 *
 * - `proven`: two statements that the accused signed and that no honest replica signs both;
 * - `signed`: a vote that the accused signed, against what a quorum decided in the same view. A lie,
 *   unless the primary told it so: then it holds the primary's signature and shows it;
 * - `suspected`: the claim of a witness. A slow network or a busy machine looks the same.
 */
export type Standing = 'proven' | 'signed' | 'suspected';

/** What each kind of evidence can come to at the most. */
export const STANDING_OF: Readonly<Record<Evidence['kind'], Standing>> = {
  'conflicting-votes': 'proven',
  'conflicting-proposals': 'proven',
  'vote-against-decision': 'signed',
  // What was sent was signed, but is not kept.
  'wrong-chunk': 'suspected',
  'collector-failed': 'suspected',
};

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
      /** Decides another digest at the vote's view and sequence. */
      readonly certificate: SlotCertificate;
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
