/** Requests, and how they are put in order: proposals, votes, certificates, decisions. */

import type { Digest } from './ids.js';
import { type Declaration, kind, layout, type MessageOf, special } from './declaration.js';
import {
  digest,
  either,
  type Field,
  list,
  name,
  named,
  oneOf,
  optional,
  proofSignature,
  replica,
  signature,
  struct,
  text,
  u32,
  u64,
  type ValuesOf,
  voteSignature,
} from './fields.js';
import {
  MAX_CERTIFICATE_BYTES,
  MAX_MEMBERS,
  MAX_MESSAGE_BYTES,
  MAX_OPERATION_CHARACTERS,
  MAX_REQUEST_BYTES,
  MAX_REQUESTS,
  MAX_SCHEME_CHARACTERS,
  MAX_SIGNED_TOGETHER,
  MAX_SMALL_MESSAGE_BYTES,
} from './limits.js';

/** The two voting rounds of a slot. */
export type SlotPhase = 'prepare' | 'commit';

/** What is voted on: a slot, or the state after it (PBFT, section 4.3). */
export type Phase = SlotPhase | 'checkpoint';

const phase: Field<Phase> = oneOf('prepare', 'commit', 'checkpoint');

/** Text the state machine understands; opaque to consensus, signed byte for byte. */
const operation = text(MAX_OPERATION_CHARACTERS);

const REQUEST_FIELDS = { client: name, timestamp: u64, operation, signature };

/** Requests that were signed together: those that do not travel along are there as digests. */
const LIST_FIELDS = {
  client: name,
  signed: list(
    either(struct({ timestamp: u64, operation }), digest, (value) => typeof value === 'string'),
    MAX_SIGNED_TOGETHER,
    1,
  ),
  signature,
};

/** A request as it travels inside other messages. */
export type TravellingRequest = ValuesOf<typeof REQUEST_FIELDS>;
/** Requests that were signed together, as they travel. */
export type TravellingList = ValuesOf<typeof LIST_FIELDS>;

/** Requests inside a message: without their digests, neighbours of one list together. */
const requests: Field<readonly Request[]> = {
  type: 'requests',
  form: list(
    either(
      struct(REQUEST_FIELDS),
      struct(LIST_FIELDS),
      (form) => 'signed' in (form as TravellingRequest | TravellingList),
    ),
    MAX_REQUESTS,
  ),
};

const REQUEST = kind({
  code: 1,
  by: 'client',
  takenBy: 'core',
  channel: "primary's, later broadcast",
  maxBytes: MAX_REQUEST_BYTES,
  fields: REQUEST_FIELDS,
  signed: special({ request: { type: 1, says: 'request digest 32' } }),
  passedOn: true,
});

/** A client's signed wish. `digest` identifies it everywhere and is derived, not transmitted. */
export interface Request extends MessageOf<'request', typeof REQUEST> {
  readonly digest: Digest;
  /**
   * Digests of all requests that the signature covers, in order, this one's among them; undefined
   * when it covers this one alone. One array for all of them: who signs many at a time spares
   * every replica all checks but one.
   */
  readonly signedWith?: readonly Digest[];
}

const REQUESTS = kind({
  code: 2,
  by: 'client',
  takenBy: 'core',
  channel: "primary's, later broadcast",
  maxBytes: MAX_MESSAGE_BYTES,
  fields: LIST_FIELDS,
  signed: special({
    'list of requests': { type: 16, says: 'number u32, of each its request digest 32' },
  }),
  passedOn: true,
});

/** Requests of one client that it signed together, as they travel to the replicas. */
export interface RequestList {
  readonly kind: 'requests';
  /** Not empty, distinct; all of one `signedWith`, in its order. Some may be left out. */
  readonly requests: readonly Request[];
}

const PRE_PREPARE = kind({
  code: 3,
  by: 'primary',
  takenBy: 'core',
  channel: 'broadcast',
  maxBytes: MAX_MESSAGE_BYTES,
  fields: {
    view: u64,
    sequence: u64,
    /** Merkle root over `requests`, in order. */
    digest,
    requests: list(digest, MAX_REQUESTS),
    /**
     * Bodies that did not travel by broadcast (PBFT, section 5.1 inlines small requests). Not
     * covered by the primary's signature: each proves itself and must be listed in `requests`.
     */
    bodies: requests,
    collector: replica,
    replica,
    signature,
  },
  // `bodies` is left out: each of them proves itself and is listed in `requests`, the root of
  // which is `digest`.
  signed: layout(2, 'view', 'sequence', 'digest', 'collector', 'replica'),
  passedOn: true,
});

/** The primary assigns a sequence number to a batch, known by the digests of its requests. */
export interface PrePrepare extends MessageOf<'pre-prepare', typeof PRE_PREPARE> {}

const VOTED = 'view u64, sequence u64, digest 32';

const VOTE = kind({
  code: 4,
  by: 'replica',
  takenBy: 'core',
  channel: "CCRO: collector's; PBFT or fallen back: broadcast",
  maxBytes: MAX_SMALL_MESSAGE_BYTES,
  fields: {
    phase,
    view: u64,
    sequence: u64,
    digest,
    replica,
    /**
     * 0 when first sent. Higher: "I still lack the certificate", the n-th reminder. A hint outside
     * the signature: it decides who answers, never what is believed.
     */
    attempt: u32,
    /** On a reminder, which collector the sender was told: a hint too, see `slot/disputes.ts`. */
    collector: optional(replica),
    signature: voteSignature,
  },
  // The replica is left out on purpose, see `voteBytes`.
  signed: special({
    'prepare vote': { type: 3, says: VOTED },
    'commit vote': { type: 4, says: VOTED },
    'checkpoint vote': { type: 10, says: 'view u64 (0), sequence u64, checkpoint digest 32' },
  }),
});

/**
 * One replica's signed word for one digest at (phase, view, sequence). A checkpoint vote is on the
 * state's digest after `sequence`; states belong to no view, so its view is 0.
 */
export interface Vote<P extends Phase = Phase> extends MessageOf<'vote', typeof VOTE> {
  readonly phase: P;
}

const PROOF = {
  scheme: named(/^[a-z0-9-]{1,32}$/, MAX_SCHEME_CHARACTERS),
  /** Distinct signers, ascending. */
  signers: list(replica, MAX_MEMBERS),
  /** One signature a signer, in their order (ed25519), or the aggregate of them alone (bls). */
  signatures: list(proofSignature, MAX_MEMBERS),
};

/** Proof that the named replicas voted: what it holds depends on the signature scheme. */
export interface CertificateProof extends ValuesOf<typeof PROOF> {}

const CERTIFIED = { view: u64, sequence: u64, digest, proof: struct(PROOF) };

const CERTIFICATE = kind({
  code: 5,
  by: 'anybody',
  takenBy: 'core',
  channel: 'broadcast, or to who lacks it',
  maxBytes: MAX_CERTIFICATE_BYTES,
  fields: { phase, ...CERTIFIED },
  signed: 'nothing',
});

/** A quorum of votes on the same (phase, view, sequence, digest). Proves itself. */
export interface Certificate<P extends Phase = Phase> extends MessageOf<
  'certificate',
  typeof CERTIFICATE
> {
  readonly phase: P;
}

export type SlotVote = Vote<SlotPhase>;
export type SlotCertificate = Certificate<SlotPhase>;

/** A certificate inside another message, of one of these phases. */
export function certificate<P extends Phase>(...phases: readonly P[]): Field<Certificate<P>> {
  return struct({ kind: oneOf('certificate'), phase: oneOf(...phases), ...CERTIFIED });
}

const DECISION = kind({
  code: 6,
  by: 'anybody',
  takenBy: 'core',
  channel: 'to who lacks it',
  maxBytes: MAX_MESSAGE_BYTES,
  fields: {
    sequence: u64,
    view: u64,
    digest,
    requests,
    certificate: certificate('prepare', 'commit', 'checkpoint'),
  },
  signed: 'nothing',
});

/**
 * A decided slot that proves itself: the batch, and a certificate over its digest that decides: of commit
 * votes, or of all n prepare votes.
 */
export interface Decision extends MessageOf<'decision', typeof DECISION> {}

export const ORDERING = {
  request: REQUEST,
  requests: REQUESTS,
  'pre-prepare': PRE_PREPARE,
  vote: VOTE,
  certificate: CERTIFICATE,
  decision: DECISION,
} as const satisfies Record<string, Declaration>;
