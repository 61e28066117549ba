/** What clients are told of their requests. */

import type { Digest } from './ids.js';
import { type Declaration, kind, type MessageOf, special } from './declaration.js';
import {
  digest,
  list,
  name,
  optional,
  replica,
  signature,
  struct,
  text,
  u32,
  u64,
  type ValuesOf,
} from './fields.js';
import { MAX_MESSAGE_BYTES, MAX_REQUESTS, MAX_SMALL_MESSAGE_BYTES } from './limits.js';

const RESULT = {
  timestamp: u64,
  request: digest,
  sequence: u64,
  /** Digest of the batch decided at `sequence`. */
  batch: digest,
  /** JSON text made by the state machine. */
  result: text(MAX_MESSAGE_BYTES),
};

/** The outcome of one request, as every honest replica computes it. */
export interface RequestResult extends ValuesOf<typeof RESULT> {}

const TALLY = { correct: u32, corrupt: u32 };

/** Votes of other replicas that a replica saw on a slot, for and against the decided digest. */
export interface Tally extends ValuesOf<typeof TALLY> {}

const HEADER = {
  replica,
  client: name,
  /** View of the decision, as this replica learnt it; replicas may differ. */
  view: u64,
};

const FOOTER = {
  tally: struct(TALLY),
  /**
   * Who gathered the votes of the slot, as the pre-prepare says that this replica accepted for it.
   * Left out where nobody did (PBFT), and where the slot came without its pre-prepare.
   */
  collector: optional(replica),
  signature,
};

const REPLIED =
  'replica u32, client text, view u64, correct u32, corrupt u32, root of the results 32';

const REPLY = kind({
  code: 7,
  by: 'replica',
  takenBy: 'client',
  channel: "client's",
  maxBytes: MAX_MESSAGE_BYTES,
  fields: { ...HEADER, results: list(struct(RESULT), MAX_REQUESTS), ...FOOTER },
  signed: special({
    reply: { type: 5, says: REPLIED },
    'reply that names the collector': { type: 17, says: 'the same, then collector u32' },
  }),
});

/** One replica's signed answer to one client for one slot: PBFT's REPLY for a whole batch. */
export interface Reply extends MessageOf<'reply', typeof REPLY> {}

const BRIEF_REPLY = kind({
  code: 8,
  by: 'replica',
  takenBy: 'client',
  channel: "client's",
  maxBytes: MAX_SMALL_MESSAGE_BYTES,
  fields: { ...HEADER, root: digest, ...FOOTER },
  // The signature is that of the whole reply.
  signed: special({}),
});

/**
 * The same without the results, which others send (PBFT, section 5.1, digest replies): the root of
 * the tree over them is all that the signature covers, so it speaks for whoever shows the rest.
 */
export interface BriefReply extends MessageOf<'brief-reply', typeof BRIEF_REPLY> {
  /** Merkle root over the results. */
  readonly root: Digest;
}

export const REPLIES = {
  reply: REPLY,
  'brief-reply': BRIEF_REPLY,
} as const satisfies Record<string, Declaration>;
