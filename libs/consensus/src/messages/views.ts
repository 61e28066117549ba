/** Leaving a view and beginning the next (PBFT, section 4.4). */

import type { Digest } from './ids.js';
import { type Declaration, kind, layout, type MessageOf, special } from './declaration.js';
import {
  digest,
  type Field,
  list,
  nullable,
  replica,
  signature,
  struct,
  u64,
  type ValuesOf,
} from './fields.js';
import { MAX_MEMBERS, MAX_MESSAGE_BYTES, MAX_SLOTS, MAX_SMALL_MESSAGE_BYTES } from './limits.js';
import { certificate, type SlotCertificate } from './ordering.js';

/** What travels is a prepare certificate; that it is one of a slot is all that the core relies on. */
const slotCertificate: Field<SlotCertificate> = certificate('prepare');

const SLOT_REPORT = {
  sequence: u64,
  /** Its latest prepare vote, null batches included; null when it never voted here. */
  vote: nullable(struct({ view: u64, digest })),
  /** Its prepare certificate of the highest view, if it has one. */
  certificate: nullable(slotCertificate),
};

/** What a replica reports of one slot when it leaves a view. */
export interface SlotReport extends ValuesOf<typeof SLOT_REPORT> {}

const STABLE_CHECKPOINT = {
  sequence: u64,
  digest,
  certificate: nullable(certificate('checkpoint')),
};

/** A checkpoint with the quorum that vouches for it; null certificate: the beginning. */
export interface StableCheckpoint extends ValuesOf<typeof STABLE_CHECKPOINT> {}

const VIEW_CHANGE = kind({
  code: 9,
  by: 'replica',
  takenBy: 'core',
  channel: 'broadcast with no signatures in its certificates, or whole to who asks',
  maxBytes: MAX_MESSAGE_BYTES,
  fields: {
    view: u64,
    stable: struct(STABLE_CHECKPOINT),
    /** Ascending, every slot above the stable checkpoint that it voted on or holds a certificate of. */
    slots: list(struct(SLOT_REPORT), MAX_SLOTS),
    replica,
    signature,
  },
  signed: special({
    'view-change': {
      type: 11,
      says: 'view u64, has a checkpoint certificate u8, its sequence u64, its digest 32, number of slot reports u32, digest of the slot reports 32, replica u32',
    },
  }),
  passedOn: true,
});

/** A replica wants `view` to begin and says what it knows (PBFT, section 4.4, VIEW-CHANGE). */
export interface ViewChange extends MessageOf<'view-change', typeof VIEW_CHANGE> {
  /** Of everything signed; derived, not transmitted. New-views refer to it. */
  readonly digest: Digest;
}

const REPROPOSAL = { sequence: u64, digest };

/** What is proposed again in the new view: the digest chosen for one slot. */
export interface Reproposal extends ValuesOf<typeof REPROPOSAL> {}

const NEW_VIEW = kind({
  code: 10,
  by: 'primary',
  takenBy: 'core',
  channel: 'broadcast, or to who lacks it',
  maxBytes: MAX_MESSAGE_BYTES,
  fields: {
    view: u64,
    /** Distinct replicas, ascending, a quorum. */
    viewChanges: list(struct({ replica, digest }), MAX_MEMBERS),
    /** One per slot above the stable checkpoint, ascending, without gaps. */
    reproposals: list(struct(REPROPOSAL), MAX_SLOTS),
    replica,
    signature,
  },
  signed: layout(12, 'view', 'viewChanges', 'reproposals', 'replica'),
  passedOn: true,
});

/** The new primary begins `view` on the word of a quorum (PBFT, section 4.4, NEW-VIEW). */
export interface NewView extends MessageOf<'new-view', typeof NEW_VIEW> {}

const SUSPICION = kind({
  code: 11,
  by: 'replica',
  takenBy: 'core',
  channel: 'broadcast',
  maxBytes: MAX_SMALL_MESSAGE_BYTES,
  fields: { view: u64, replica, signature },
  signed: layout(18, 'replica', 'view'),
  passedOn: true,
});

/** "The primary of `view` does not do its work": f + 1 have to say so before anybody leaves the view. */
export interface Suspicion extends MessageOf<'suspicion', typeof SUSPICION> {}

/** What another replica said that counts towards leaving a view. */
export type MovedBy = Suspicion | ViewChange;

export const VIEWS = {
  'view-change': VIEW_CHANGE,
  'new-view': NEW_VIEW,
  suspicion: SUSPICION,
} as const satisfies Record<string, Declaration>;
